import {
  INPUT_VERSION,
  MAX_BUTTON,
  MAX_COORDINATE,
  MAX_EVENTS,
  MAX_KEYSYM,
  WireError,
} from './limits';

/** What an event is. All but Move travel on the reliable channel. */
export const Kind = {
  Move: 1,
  ButtonDown: 2,
  ButtonUp: 3,
  KeyDown: 4,
  KeyUp: 5,
  Scroll: 6,
  Resize: 7,
  ReleaseAll: 8,
} as const;

/** One thing a hand did; positions in display pixels from the top left. */
export type HandEvent =
  | { kind: typeof Kind.Move; x: number; y: number }
  | { kind: typeof Kind.ButtonDown | typeof Kind.ButtonUp; button: number; x: number; y: number }
  | { kind: typeof Kind.KeyDown | typeof Kind.KeyUp; keysym: number }
  /** dx, dy scroll right and down in 1/120 of a wheel notch. */
  | { kind: typeof Kind.Scroll; dx: number; dy: number; x: number; y: number }
  /** scale is the device pixel ratio in percent. */
  | { kind: typeof Kind.Resize; width: number; height: number; scale: number }
  | { kind: typeof Kind.ReleaseAll };

/** An event in a packet; delay since the previous one in 100 µs, 0 for the first. */
export type WireEvent = HandEvent & { delay: number };

/**
 * One packet of consecutive events. `first` is the sequence of events[0], from 1
 * within a lease generation; `barrier` is the sequence of the last reliable
 * event before it, 0 for none.
 */
export interface Input {
  generation: number;
  first: number;
  barrier: number;
  /** The sender's clock at events[0], in 100 µs from any origin, modulo 2^32. */
  time: number;
  events: WireEvent[];
}

export const isReliable = (kind: number): boolean => kind !== Kind.Move;

const HEADER = 18;
const FIELDS: Record<number, number> = { 1: 4, 2: 5, 3: 5, 4: 4, 5: 4, 6: 8, 7: 6, 8: 0 };

/** Encodes a packet; throws WireError when a value is out of range. */
export function encodeInput(input: Input): Uint8Array<ArrayBuffer> {
  checkCount(input.events.length);
  let size = HEADER;
  for (const e of input.events) {
    check(e);
    size += 3 + (FIELDS[e.kind] ?? 0);
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes[0] = INPUT_VERSION;
  bytes[1] = input.events.length;
  view.setUint32(2, input.generation);
  view.setUint32(6, input.first);
  view.setUint32(10, input.barrier);
  view.setUint32(14, input.time);
  let at = HEADER;
  for (const e of input.events) {
    bytes[at] = e.kind;
    view.setUint16(at + 1, e.delay);
    putFields(view, at + 3, e);
    at += 3 + (FIELDS[e.kind] ?? 0);
  }
  return bytes;
}

function putFields(view: DataView, at: number, e: HandEvent): void {
  switch (e.kind) {
    case Kind.Move:
      view.setUint16(at, e.x);
      view.setUint16(at + 2, e.y);
      break;
    case Kind.ButtonDown:
    case Kind.ButtonUp:
      view.setUint8(at, e.button);
      view.setUint16(at + 1, e.x);
      view.setUint16(at + 3, e.y);
      break;
    case Kind.KeyDown:
    case Kind.KeyUp:
      view.setUint32(at, e.keysym);
      break;
    case Kind.Scroll:
      view.setInt16(at, e.dx);
      view.setInt16(at + 2, e.dy);
      view.setUint16(at + 4, e.x);
      view.setUint16(at + 6, e.y);
      break;
    case Kind.Resize:
      view.setUint16(at, e.width);
      view.setUint16(at + 2, e.height);
      view.setUint16(at + 4, e.scale);
      break;
    case Kind.ReleaseAll:
      break;
  }
}

/** Reads one packet; throws WireError when it is not exactly one. */
export function decodeInput(bytes: Uint8Array): Input {
  if (bytes.length < HEADER) throw new WireError(`truncated: ${bytes.length} bytes of input`);
  if (bytes[0] !== INPUT_VERSION) throw new WireError(`unknown version ${bytes[0]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint8(1);
  checkCount(count);
  const input: Input = {
    generation: view.getUint32(2),
    first: view.getUint32(6),
    barrier: view.getUint32(10),
    time: view.getUint32(14),
    events: [],
  };
  if (input.first === 0 || input.barrier >= input.first || input.first > 0xffffffff - MAX_EVENTS) {
    throw new WireError(`out of range: first ${input.first}, barrier ${input.barrier}`);
  }
  let at = HEADER;
  for (let i = 0; i < count; i++) {
    if (at + 3 > bytes.length) throw new WireError('truncated: event header');
    const kind = view.getUint8(at);
    const size = FIELDS[kind];
    if (size === undefined) throw new WireError(`out of range: event kind ${kind}`);
    if (at + 3 + size > bytes.length) throw new WireError(`truncated: event kind ${kind}`);
    const event = { ...readFields(view, at + 3, kind), delay: view.getUint16(at + 1) };
    check(event);
    input.events.push(event);
    at += 3 + size;
  }
  if (at !== bytes.length) throw new WireError(`${bytes.length - at} bytes after input`);
  return input;
}

function readFields(view: DataView, at: number, kind: number): HandEvent {
  const u16 = (offset: number) => view.getUint16(at + offset);
  switch (kind) {
    case Kind.Move:
      return { kind, x: u16(0), y: u16(2) };
    case Kind.ButtonDown:
    case Kind.ButtonUp:
      return { kind, button: view.getUint8(at), x: u16(1), y: u16(3) };
    case Kind.KeyDown:
    case Kind.KeyUp:
      return { kind, keysym: view.getUint32(at) };
    case Kind.Scroll:
      return { kind, dx: view.getInt16(at), dy: view.getInt16(at + 2), x: u16(4), y: u16(6) };
    case Kind.Resize:
      return { kind, width: u16(0), height: u16(2), scale: u16(4) };
    default:
      return { kind: Kind.ReleaseAll };
  }
}

function checkCount(count: number): void {
  if (count === 0 || count > MAX_EVENTS) {
    throw new WireError(`out of range: ${count} events, want 1 to ${MAX_EVENTS}`);
  }
}

function check(e: HandEvent): void {
  if ('x' in e && (e.x > MAX_COORDINATE || e.y > MAX_COORDINATE || e.x < 0 || e.y < 0)) {
    throw new WireError(`out of range: position ${e.x},${e.y}`);
  }
  if ('button' in e && (e.button < 1 || e.button > MAX_BUTTON)) {
    throw new WireError(`out of range: button ${e.button}`);
  }
  if ('keysym' in e && (e.keysym <= 0 || e.keysym > MAX_KEYSYM)) {
    throw new WireError(`out of range: keysym ${e.keysym}`);
  }
  if (e.kind === Kind.Resize) {
    const sized = (side: number) => side > 0 && side <= MAX_COORDINATE;
    if (!sized(e.width) || !sized(e.height) || e.scale < 25 || e.scale > 800) {
      throw new WireError(`out of range: resize to ${e.width}x${e.height} at ${e.scale}%`);
    }
  }
}
