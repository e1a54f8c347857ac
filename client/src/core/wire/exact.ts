import { VERSION, WireError } from './limits';

/** Whoever sees this frame sees the display as it is, pixel by pixel. */
export interface Exact {
  /** 90 kHz, modulo 2^32. */
  rtpTimestamp: number;
}

const SIZE = 1 + 4;

export function encodeExact({ rtpTimestamp }: Exact): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  bytes[0] = VERSION;
  new DataView(bytes.buffer).setUint32(1, rtpTimestamp);
  return bytes;
}

export function decodeExact(bytes: Uint8Array): Exact {
  if (bytes.length > 0 && bytes[0] !== VERSION) throw new WireError(`unknown version ${bytes[0]}`);
  if (bytes.length !== SIZE) {
    throw new WireError(`truncated: ${bytes.length} bytes of exact, want ${SIZE}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { rtpTimestamp: view.getUint32(1) };
}
