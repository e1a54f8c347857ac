import { VERSION, WireError } from './limits';

/**
 * Ties input to picture: the frame with this RTP timestamp is the first whose
 * pixels were grabbed after the display answered the event.
 */
export interface FrameTag {
  /** 90 kHz, modulo 2^32. */
  rtpTimestamp: number;
  generation: number;
  sequence: number;
  /** Unix microseconds by the agent's clock. */
  injected: number;
  captured: number;
  encoded: number;
}

const SIZE = 1 + 3 * 4 + 3 * 8;

export function encodeFrameTag(tag: FrameTag): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  view.setUint32(1, tag.rtpTimestamp);
  view.setUint32(5, tag.generation);
  view.setUint32(9, tag.sequence);
  view.setBigInt64(13, BigInt(tag.injected));
  view.setBigInt64(21, BigInt(tag.captured));
  view.setBigInt64(29, BigInt(tag.encoded));
  return bytes;
}

/** Times beyond 2^53 µs (the year 2255) lose precision. */
export function decodeFrameTag(bytes: Uint8Array): FrameTag {
  if (bytes.length > 0 && bytes[0] !== VERSION) throw new WireError(`unknown version ${bytes[0]}`);
  if (bytes.length !== SIZE) {
    throw new WireError(`truncated: ${bytes.length} bytes of frame tag, want ${SIZE}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    rtpTimestamp: view.getUint32(1),
    generation: view.getUint32(5),
    sequence: view.getUint32(9),
    injected: Number(view.getBigInt64(13)),
    captured: Number(view.getBigInt64(21)),
    encoded: Number(view.getBigInt64(29)),
  };
}
