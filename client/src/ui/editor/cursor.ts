import type { CursorShape } from '../../core/wire';

/** A PNG as a data: URL. */
export function pngUrl(png: Uint8Array): string {
  let binary = '';
  for (const byte of png) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

/**
 * The CSS cursor that looks like shape where `scale` display pixels make one
 * CSS pixel.
 */
export function cursorStyle(shape: CursorShape, scale: number): string {
  if (shape.width === 0) return 'none';
  const image = `url("${pngUrl(shape.png)}")`;
  // A shrunk display would give an illegible cursor: never smaller than drawn.
  const density = Math.min(scale, devicePixelRatio);
  if (Math.abs(density - 1) < 0.01) return `${image} ${shape.hotX} ${shape.hotY}, default`;
  const at = (hot: number) => Math.round(hot / density);
  return `image-set(${image} ${density}x) ${at(shape.hotX)} ${at(shape.hotY)}, default`;
}
