import { MAX_COORDINATE, VERSION, WireError } from './limits';

export const MAX_IDENTITY = 128;
export const MAX_INK_POINTS = 64;
/** How many reactions there are; they count from 0. */
export const REACTIONS = 6;

/** Where somebody's pointer is, in pixels of the display. It moves nothing. */
export interface Pointer {
  x: number;
  y: number;
  /** False: the pointer left the canvas. */
  shown: boolean;
  /** They hold the marker: all eyes here. */
  marks: boolean;
}

/** A part of the display, in its pixels; no width: somebody presents no more. */
export interface ViewRect {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type PresenceMessage =
  | ({ type: 'pointer' } & Pointer)
  | { type: 'pointers'; pointers: ({ identity: string } & Pointer)[] }
  /** A piece of a mark over the picture; it starts where the piece before ended. */
  | { type: 'ink'; stroke: number; ends: boolean; points: [number, number][] }
  | ({ type: 'view' } & ViewRect)
  | { type: 'reaction'; which: number; x: number; y: number };

const KINDS = { pointer: 1, pointers: 2, ink: 3, view: 4, reaction: 5 } as const;
const SHOWN = 1;
const MARKS = 2;
const ENDS = 1;
const POINTER_SIZE = 5;

export function encodePresence(message: PresenceMessage): Uint8Array<ArrayBuffer> {
  const out: number[] = [VERSION, KINDS[message.type]];
  const u16 = (...values: number[]) => {
    for (const v of values) out.push((v >> 8) & 255, v & 255);
  };
  const pointer = (p: Pointer) => {
    out.push((p.shown ? SHOWN : 0) | (p.marks ? MARKS : 0));
    u16(p.x, p.y);
  };
  switch (message.type) {
    case 'pointer':
      pointer(message);
      break;
    case 'pointers':
      out.push(message.pointers.length);
      for (const p of message.pointers) {
        const identity = new TextEncoder().encode(p.identity);
        out.push(identity.length, ...identity);
        pointer(p);
      }
      break;
    case 'ink':
      if (message.points.length < 1 || message.points.length > MAX_INK_POINTS) {
        throw new WireError(`out of range: ${message.points.length} points of ink`);
      }
      u16(message.stroke);
      out.push(message.ends ? ENDS : 0, message.points.length);
      for (const at of message.points) u16(...at);
      break;
    case 'view':
      u16(message.left, message.top, message.width, message.height);
      break;
    case 'reaction':
      out.push(message.which);
      u16(message.x, message.y);
      break;
  }
  return new Uint8Array(out);
}

export function decodePresence(bytes: Uint8Array): PresenceMessage {
  if (bytes.length < 2) throw new WireError(`truncated: ${bytes.length} bytes of presence`);
  if (bytes[0] !== VERSION) throw new WireError(`unknown version ${bytes[0]}`);
  const body = bytes.subarray(2);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  switch (bytes[1]) {
    case KINDS.pointer:
      sized(body, POINTER_SIZE);
      return { type: 'pointer', ...readPointer(view, 0) };
    case KINDS.pointers:
      return readPointers(body, view);
    case KINDS.ink:
      return readInk(body, view);
    case KINDS.view:
      return readView(body, view);
    case KINDS.reaction: {
      sized(body, 5);
      const [which = 0] = body;
      if (which >= REACTIONS) throw new WireError(`out of range: reaction ${which}`);
      return { type: 'reaction', which, x: coordinate(view, 1), y: coordinate(view, 3) };
    }
    default:
      throw new WireError(`out of range: presence message ${bytes[1]}`);
  }
}

function sized(body: Uint8Array, want: number): void {
  if (body.length !== want) throw new WireError(`truncated: ${body.length} bytes, want ${want}`);
}

function coordinate(view: DataView, at: number): number {
  const value = view.getUint16(at);
  if (value > MAX_COORDINATE) throw new WireError(`out of range: coordinate ${value}`);
  return value;
}

function readPointer(view: DataView, at: number): Pointer {
  const flags = view.getUint8(at);
  if (flags & ~(SHOWN | MARKS)) throw new WireError(`out of range: pointer flags ${flags}`);
  return {
    x: coordinate(view, at + 1),
    y: coordinate(view, at + 3),
    shown: (flags & SHOWN) !== 0,
    marks: (flags & MARKS) !== 0,
  };
}

function readPointers(body: Uint8Array, view: DataView): PresenceMessage {
  if (body.length < 1) throw new WireError('truncated: no number of pointers');
  const pointers: ({ identity: string } & Pointer)[] = [];
  let at = 1;
  for (let n = body[0] ?? 0; n > 0; n--) {
    const length = body[at] ?? 0;
    const end = at + 1 + length + POINTER_SIZE;
    if (end > body.length) throw new WireError(`truncated: ${body.length} bytes of pointers`);
    if (length > MAX_IDENTITY) throw new WireError(`out of range: identity of ${length} bytes`);
    const identity = new TextDecoder().decode(body.subarray(at + 1, at + 1 + length));
    pointers.push({ identity, ...readPointer(view, at + 1 + length) });
    at = end;
  }
  sized(body, at);
  return { type: 'pointers', pointers };
}

function readInk(body: Uint8Array, view: DataView): PresenceMessage {
  if (body.length < 4) throw new WireError(`truncated: ${body.length} bytes of ink`);
  const n = view.getUint8(3);
  const flags = view.getUint8(2);
  sized(body, 4 + 4 * n);
  if (n < 1 || n > MAX_INK_POINTS || flags & ~ENDS) {
    throw new WireError(`out of range: ${n} points of ink with flags ${flags}`);
  }
  const points: [number, number][] = [];
  for (let at = 4; at < body.length; at += 4) {
    points.push([coordinate(view, at), coordinate(view, at + 2)]);
  }
  return { type: 'ink', stroke: view.getUint16(0), ends: (flags & ENDS) !== 0, points };
}

function readView(body: Uint8Array, view: DataView): PresenceMessage {
  sized(body, 8);
  const rect = {
    left: coordinate(view, 0),
    top: coordinate(view, 2),
    width: coordinate(view, 4),
    height: coordinate(view, 6),
  };
  if ((rect.width === 0) !== (rect.height === 0)) throw new WireError('out of range: half a view');
  return { type: 'view', ...rect };
}
