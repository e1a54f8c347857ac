import { MAX_CLIPBOARD, MAX_CLIPBOARD_CHUNK, MAX_REASON, VERSION, WireError } from './limits';

/** A kind of content. */
export const Format = { Text: 1, Png: 2 } as const;
export type Format = (typeof Format)[keyof typeof Format];

/** Why something was refused, for programs. */
export const Reason = {
  NotAllowed: 1,
  TooLarge: 2,
  BadImage: 3,
  Gone: 4,
  Busy: 5,
  Broken: 6,
} as const;
export type Reason = (typeof Reason)[keyof typeof Reason];

/** One format of an offer; size in bytes, 0 when it is not known. */
export interface Offered {
  format: Format;
  size: number;
}

/**
 * A message about the clipboard; id counts the offers of one side. One side
 * offers, the other wants a format, chunks follow, the receiver tells its
 * progress and when it is done; either may refuse.
 */
export type ClipboardMessage =
  /** hash: the first 16 bytes of SHA-256, zeros when it is not known. */
  | { kind: 'offer'; id: number; hash: Uint8Array; formats: Offered[] }
  | { kind: 'want'; id: number; format: Format }
  | {
      kind: 'chunk';
      id: number;
      format: Format;
      total: number;
      offset: number;
      data: Uint8Array;
    }
  | { kind: 'progress'; id: number; offset: number }
  | { kind: 'done'; id: number }
  | { kind: 'decline' | 'withhold'; id: number; reason: Reason; text: string };

const KINDS = ['offer', 'want', 'chunk', 'progress', 'done', 'decline', 'withhold'] as const;
/** The least size of each kind's fields; an exact one unless it grows. */
const SIZES = [17, 1, 9, 4, 0, 1, 1];
const GROWS = new Set(['offer', 'chunk', 'decline', 'withhold']);
const HEADER = 6;
const HASH = 16;

/** Encodes a message; throws WireError when a value is out of range. */
export function encodeClipboard(m: ClipboardMessage): Uint8Array<ArrayBuffer> {
  check(m);
  const text = 'text' in m ? new TextEncoder().encode(m.text) : new Uint8Array();
  const more =
    m.kind === 'offer' ? 5 * m.formats.length : 'data' in m ? m.data.length : text.length;
  const kind = KINDS.indexOf(m.kind);
  const bytes = new Uint8Array(HEADER + (SIZES[kind] ?? 0) + more);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = kind + 1;
  view.setUint32(2, m.id);
  switch (m.kind) {
    case 'offer':
      bytes.set(m.hash, HEADER);
      bytes[HEADER + HASH] = m.formats.length;
      for (const [i, { format, size }] of m.formats.entries()) {
        bytes[HEADER + HASH + 1 + 5 * i] = format;
        view.setUint32(HEADER + HASH + 2 + 5 * i, size);
      }
      break;
    case 'want':
      bytes[HEADER] = m.format;
      break;
    case 'chunk':
      bytes[HEADER] = m.format;
      view.setUint32(HEADER + 1, m.total);
      view.setUint32(HEADER + 5, m.offset);
      bytes.set(m.data, HEADER + 9);
      break;
    case 'progress':
      view.setUint32(HEADER, m.offset);
      break;
    case 'decline':
    case 'withhold':
      bytes[HEADER] = m.reason;
      bytes.set(text, HEADER + 1);
      break;
  }
  return bytes;
}

/** Reads one message; throws WireError when it is not exactly one. */
export function decodeClipboard(bytes: Uint8Array): ClipboardMessage {
  if (bytes.length < HEADER) throw new WireError(`truncated: ${bytes.length} bytes of clipboard`);
  if (bytes[0] !== VERSION) throw new WireError(`unknown version ${bytes[0]}`);
  const kind = KINDS[(bytes[1] ?? 0) - 1];
  const size = SIZES[(bytes[1] ?? 0) - 1];
  if (kind === undefined || size === undefined) {
    throw new WireError(`out of range: clipboard message ${bytes[1]}`);
  }
  const rest = bytes.length - HEADER;
  if (rest < size || (rest > size && !GROWS.has(kind))) {
    throw new WireError(`${rest} bytes of clipboard message ${kind}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + HEADER, rest);
  const id = new DataView(bytes.buffer, bytes.byteOffset, HEADER).getUint32(2);
  const message = readFields(kind, id, view, bytes.subarray(HEADER));
  check(message);
  return message;
}

function readFields(
  kind: (typeof KINDS)[number],
  id: number,
  view: DataView,
  rest: Uint8Array,
): ClipboardMessage {
  const byte = (at: number) => rest[at] ?? 0;
  switch (kind) {
    case 'offer': {
      const count = byte(HASH);
      if (rest.length !== HASH + 1 + 5 * count) throw new WireError(`truncated: ${count} formats`);
      const formats = Array.from({ length: count }, (_, i) => ({
        format: byte(HASH + 1 + 5 * i) as Format,
        size: view.getUint32(HASH + 2 + 5 * i),
      }));
      return { kind, id, hash: rest.slice(0, HASH), formats };
    }
    case 'want':
      return { kind, id, format: byte(0) as Format };
    case 'chunk': {
      const [total, offset] = [view.getUint32(1), view.getUint32(5)];
      return { kind, id, format: byte(0) as Format, total, offset, data: rest.slice(9) };
    }
    case 'progress':
      return { kind, id, offset: view.getUint32(0) };
    case 'done':
      return { kind, id };
    default: {
      let text: string;
      try {
        text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rest.subarray(1));
      } catch {
        throw new WireError('a reason that is not UTF-8');
      }
      return { kind, id, reason: byte(0) as Reason, text };
    }
  }
}

function checkFormat(format: number): void {
  if (format !== Format.Text && format !== Format.Png) {
    throw new WireError(`out of range: clipboard format ${format}`);
  }
}

function check(m: ClipboardMessage): void {
  switch (m.kind) {
    case 'offer': {
      const [a, b] = m.formats;
      if (!a || m.formats.length > 2 || a.format === b?.format || m.hash.length !== HASH) {
        throw new WireError(`out of range: ${m.formats.length} formats offered`);
      }
      for (const { format } of m.formats) checkFormat(format);
      break;
    }
    case 'want':
      checkFormat(m.format);
      break;
    case 'chunk': {
      const n = m.data.length;
      const fits = m.total <= MAX_CLIPBOARD && m.offset + n <= m.total;
      if (n === 0 || n > MAX_CLIPBOARD_CHUNK || !fits) {
        throw new WireError(`out of range: ${n} bytes at ${m.offset} of ${m.total}`);
      }
      checkFormat(m.format);
      break;
    }
    case 'progress':
      if (m.offset > MAX_CLIPBOARD) throw new WireError(`out of range: progress to ${m.offset}`);
      break;
    case 'decline':
    case 'withhold':
      if (m.reason < 1 || m.reason > Reason.Broken || m.text.length > MAX_REASON) {
        throw new WireError(`out of range: refusal ${m.reason}`);
      }
      break;
  }
}
