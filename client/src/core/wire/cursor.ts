import { MAX_CURSOR, MAX_CURSOR_PNG, VERSION, WireError } from './limits';

/** How the pointer looks; 0x0 hides it. Sizes and hot spot in display pixels. */
export interface CursorShape {
  serial: number;
  width: number;
  height: number;
  hotX: number;
  hotY: number;
  png: Uint8Array;
}

/** Where the pointer is, for those whose hand does not move it. */
export interface CursorPosition {
  x: number;
  y: number;
}

export type CursorMessage =
  | { type: 'shape'; shape: CursorShape }
  | { type: 'position'; position: CursorPosition };

const SHAPE = 1;
const POSITION = 2;
const SHAPE_HEADER = 14;

export function encodeCursorShape(shape: CursorShape): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SHAPE_HEADER + shape.png.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = SHAPE;
  view.setUint32(2, shape.serial);
  view.setUint16(6, shape.width);
  view.setUint16(8, shape.height);
  view.setUint16(10, shape.hotX);
  view.setUint16(12, shape.hotY);
  bytes.set(shape.png, SHAPE_HEADER);
  return bytes;
}

export function encodeCursorPosition(position: CursorPosition): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = POSITION;
  view.setUint16(2, position.x);
  view.setUint16(4, position.y);
  return bytes;
}

/** Reads a cursor message; a shape's PNG shares the memory of bytes. */
export function decodeCursor(bytes: Uint8Array): CursorMessage {
  if (bytes.length < 2) throw new WireError(`truncated: ${bytes.length} bytes of cursor`);
  if (bytes[0] !== VERSION) throw new WireError(`unknown version ${bytes[0]}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes[1]) {
    case SHAPE:
      if (bytes.length < SHAPE_HEADER) {
        throw new WireError(`truncated: ${bytes.length} bytes of cursor shape`);
      }
      return { type: 'shape', shape: checked(readShape(view, bytes)) };
    case POSITION:
      if (bytes.length !== 6) {
        throw new WireError(`truncated: ${bytes.length} bytes of cursor position`);
      }
      return { type: 'position', position: { x: view.getUint16(2), y: view.getUint16(4) } };
    default:
      throw new WireError(`out of range: cursor message ${bytes[1]}`);
  }
}

function readShape(view: DataView, bytes: Uint8Array): CursorShape {
  return {
    serial: view.getUint32(2),
    width: view.getUint16(6),
    height: view.getUint16(8),
    hotX: view.getUint16(10),
    hotY: view.getUint16(12),
    png: bytes.subarray(SHAPE_HEADER),
  };
}

function checked(s: CursorShape): CursorShape {
  const hidden = s.width + s.height + s.hotX + s.hotY + s.png.length === 0;
  const sized = s.width > 0 && s.height > 0 && s.width <= MAX_CURSOR && s.height <= MAX_CURSOR;
  const drawn = s.png.length > 0 && s.png.length <= MAX_CURSOR_PNG;
  if (!hidden && !(sized && drawn && s.hotX < s.width && s.hotY < s.height)) {
    throw new WireError(
      `out of range: cursor ${s.width}x${s.height}, hot spot ${s.hotX},${s.hotY}, ${s.png.length} bytes`,
    );
  }
  return s;
}
