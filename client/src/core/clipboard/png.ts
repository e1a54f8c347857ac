import type { Size } from '../geometry';

/** Limits of a picture that is let through, in pixels: what a decoder makes of it. */
export const MAX_SIDE = 16384;
export const MAX_PIXELS = 64 << 20;

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const IHDR = 0x49484452;

/**
 * The size that a PNG file claims, read from its header without decoding
 * anything; null when it is no PNG, or one too large to be decoded.
 */
export function pngSize(bytes: Uint8Array): Size | null {
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== IHDR) return null;
  const size = { width: view.getUint32(16), height: view.getUint32(20) };
  return fits(size) ? size : null;
}

/** Whether a picture of this size may be pasted. */
export function fits({ width, height }: Size): boolean {
  const side = (n: number) => n > 0 && n <= MAX_SIDE;
  return side(width) && side(height) && width * height <= MAX_PIXELS;
}
