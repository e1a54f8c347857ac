import { MAX_CONTROL_BYTES, MAX_REPORT, WireError } from './limits';

/** How control of the canvas changes hands. */
export type Policy = 'open' | 'ask' | 'presenter';

/** What the owners of a room have set. */
export interface Rules {
  policy: Policy;
  /** Identity that owners named to draw; '' for none. */
  presenter: string;
  /** Nobody else may enter. */
  locked: boolean;
  /** Only owners may write in the chat. */
  muted: boolean;
  /** Everybody paints with the same colours and brush. */
  shared: boolean;
}

/**
 * Who may draw. `generation` counts tenures: it goes up whenever somebody loses
 * control, and while `holder` is '', the canvas is free, it is the number that the
 * next tenure will have. `revision` goes up with every change of anything here.
 */
export interface Lease {
  generation: number;
  revision: number;
  holder: string;
  waiting: string[];
  rules: Rules;
}

/** What somebody may be. */
export type RoleName = 'owner' | 'editor' | 'viewer';

/** A message about control of the canvas. */
export type Control =
  | { type: 'request' | 'take' | 'release' | 'refresh' }
  | { type: 'echo'; code: string }
  | { type: 'grant' | 'deny' | 'transfer' | 'remove'; to: string }
  | { type: 'policy'; policy: Policy }
  | { type: 'role'; to: string; role: RoleName }
  | { type: 'lock' | 'mute' | 'share'; on: boolean }
  | { type: 'report'; photonMs: number[] }
  /** The canvas comes this way now, for this reason. */
  | { type: 'way'; way: string; code: string }
  | { type: 'lease'; lease: Lease }
  /** generation: of the press that was refused, 0 when it was no press */
  | { type: 'refused'; code: string; reason: string; generation: number }
  | { type: 'notice'; code: string; text: string };

/** The messages that people send. */
export type Asking = Exclude<Control, { type: 'lease' | 'refused' | 'notice' }>;

export function encodeControl(control: Asking): Uint8Array<ArrayBuffer> {
  if (control.type !== 'report') return new TextEncoder().encode(JSON.stringify(control));
  const { type, photonMs } = control;
  if (photonMs.length > MAX_REPORT) {
    throw new WireError(`out of range: ${photonMs.length} latencies, at most ${MAX_REPORT}`);
  }
  return new TextEncoder().encode(JSON.stringify({ type, photon_ms: photonMs }));
}

/**
 * Reads a control message; null for a type this client does not know, so that a
 * newer server can say more.
 */
export function decodeControl(bytes: Uint8Array): Control | null {
  if (bytes.length > MAX_CONTROL_BYTES) {
    throw new WireError(`out of range: ${bytes.length} bytes of control`);
  }
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WireError('control is not JSON', { cause });
  }
  if (!isRecord(message) || typeof message.type !== 'string' || message.type === '') {
    throw new WireError('control without a type');
  }
  const type = message.type;
  switch (type) {
    case 'request':
    case 'take':
    case 'release':
    case 'refresh':
      return { type };
    case 'echo':
      return { type, code: text(message.code) };
    case 'grant':
    case 'deny':
    case 'transfer':
    case 'remove':
      return { type, to: text(message.to) };
    case 'policy':
      return { type, policy: policyOf(message.policy) };
    case 'role':
      return { type, to: text(message.to), role: roleOf(message.role) };
    case 'lock':
    case 'mute':
    case 'share':
      return { type, on: message.on === true };
    case 'report':
      return { type, photonMs: numbers(message.photon_ms) };
    case 'way':
      return { type, way: text(message.way), code: text(message.code) };
    case 'lease': {
      const lease = readLease(message.lease);
      if (!lease) throw new WireError('lease message without a lease');
      return { type, lease };
    }
    case 'refused':
      return {
        type,
        code: text(message.code),
        reason: text(message.reason),
        generation: typeof message.generation === 'number' ? message.generation : 0,
      };
    case 'notice':
      return { type, code: text(message.code), text: text(message.text) };
    default:
      return null;
  }
}

/** Reads a lease out of JSON: of a control message or of the room's metadata. */
export function readLease(value: unknown): Lease | null {
  if (!isRecord(value) || typeof value.generation !== 'number') return null;
  const waiting = Array.isArray(value.waiting) ? value.waiting : [];
  const rules = isRecord(value.rules) ? value.rules : {};
  return {
    generation: value.generation,
    revision: typeof value.revision === 'number' ? value.revision : 0,
    holder: text(value.holder),
    waiting: waiting.filter((identity) => typeof identity === 'string'),
    rules: {
      policy: policyOf(rules.policy),
      presenter: text(rules.presenter),
      locked: rules.locked === true,
      muted: rules.muted === true,
      shared: rules.shared === true,
    },
  };
}

function policyOf(value: unknown): Policy {
  return value === 'open' || value === 'presenter' ? value : 'ask';
}

function roleOf(value: unknown): RoleName {
  return value === 'owner' || value === 'editor' ? value : 'viewer';
}

/** The lease in a room's metadata, or null when there is none. */
export function leaseOfMetadata(metadata: string | undefined): Lease | null {
  if (!metadata) return null;
  try {
    const value: unknown = JSON.parse(metadata);
    return isRecord(value) ? readLease(value.lease) : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numbers(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  if (value.length > MAX_REPORT) {
    throw new WireError(`out of range: ${value.length} latencies, at most ${MAX_REPORT}`);
  }
  return value.filter((n) => typeof n === 'number');
}
