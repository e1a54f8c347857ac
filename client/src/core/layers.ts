import type { Size } from './geometry';

/** The simulcast layers of a display: half and full size. */
export type Layer = 'half' | 'full';

/**
 * The layer worth receiving for a display shown at so many device pixels: the
 * half one as soon as the full one would only be shrunk to it.
 */
export function chooseLayer(display: Size, shown: Size): Layer {
  const enough = shown.width <= display.width / 2 && shown.height <= display.height / 2;
  return enough ? 'half' : 'full';
}

/** The size a layer has. */
export function layerSize(display: Size, layer: Layer): Size {
  if (layer === 'full') return display;
  return { width: Math.ceil(display.width / 2), height: Math.ceil(display.height / 2) };
}
