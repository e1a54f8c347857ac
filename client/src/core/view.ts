import type { Point, Rect, Size } from './geometry';

/**
 * What of a display is looked at: `zoom` 1 shows all of it; x and y are the
 * display pixel in the middle of the viewport.
 */
export interface View {
  zoom: number;
  x: number;
  y: number;
}

export const MAX_ZOOM = 16;
/** Below this a view counts as showing all. */
const ALL = 1.01;

export const wholeOf = (display: Size): View => ({
  zoom: 1,
  x: display.width / 2,
  y: display.height / 2,
});

/** Whether a view shows all of the display. */
export const showsAll = (view: View): boolean => view.zoom < ALL;

/** Keeps a view inside its limits and the display inside the viewport. */
export function bounded(view: View, whole: Rect, viewport: Size, display: Size): View {
  const zoom = Math.min(MAX_ZOOM, Math.max(1, view.zoom));
  if (showsAll({ ...view, zoom }) || whole.width <= 0) return wholeOf(display);
  const along = (at: number, pixels: number, shown: number, room: number) => {
    // Half of what the viewport holds of this side, in display pixels.
    const half = ((room / (shown * zoom)) * pixels) / 2;
    if (2 * half >= pixels) return pixels / 2;
    return Math.min(pixels - half, Math.max(half, at));
  };
  return {
    zoom,
    x: along(view.x, display.width, whole.width, viewport.width),
    y: along(view.y, display.height, whole.height, viewport.height),
  };
}

/** Where the display lies when `whole` is where all of it would: CSS pixels. */
export function zoomed(view: View, whole: Rect, viewport: Size, display: Size): Rect {
  if (showsAll(view) || display.width <= 0) return whole;
  const width = whole.width * view.zoom;
  const height = whole.height * view.zoom;
  return {
    left: viewport.width / 2 - (view.x / display.width) * width,
    top: viewport.height / 2 - (view.y / display.height) * height,
    width,
    height,
  };
}

/** Zooms by a factor so that the point under `at` (CSS pixels) stays under it. */
export function zoomAt(
  view: View,
  factor: number,
  at: Point,
  whole: Rect,
  viewport: Size,
  display: Size,
): View {
  const before = zoomed(view, whole, viewport, display);
  if (before.width <= 0) return view;
  const zoom = Math.min(MAX_ZOOM, Math.max(1, view.zoom * factor));
  // Display pixels for one CSS pixel, afterwards.
  const scale = display.width / (whole.width * zoom);
  const under = {
    x: ((at.x - before.left) / before.width) * display.width,
    y: ((at.y - before.top) / before.height) * display.height,
  };
  const next = {
    zoom,
    x: under.x + (viewport.width / 2 - at.x) * scale,
    y: under.y + (viewport.height / 2 - at.y) * scale,
  };
  return bounded(next, whole, viewport, display);
}

/** Moves the picture by so many CSS pixels. */
export function panned(view: View, by: Point, whole: Rect, viewport: Size, display: Size): View {
  if (whole.width <= 0) return view;
  const scale = display.width / (whole.width * view.zoom);
  const next = { ...view, x: view.x - by.x * scale, y: view.y - by.y * scale };
  return bounded(next, whole, viewport, display);
}

/** The part of the display that a viewport shows, in whole display pixels. */
export function visible(view: View, whole: Rect, viewport: Size, display: Size): Rect {
  const shown = zoomed(view, whole, viewport, display);
  const along = (start: number, length: number, room: number, pixels: number) => {
    const from = Math.max(0, Math.floor((-start / length) * pixels));
    const to = Math.min(pixels, Math.ceil(((room - start) / length) * pixels));
    return [from, Math.max(1, to - from)] as const;
  };
  if (shown.width <= 0) return { left: 0, top: 0, width: 0, height: 0 };
  const [left, width] = along(shown.left, shown.width, viewport.width, display.width);
  const [top, height] = along(shown.top, shown.height, viewport.height, display.height);
  return { left, top, width, height };
}

/** The view that shows a part of the display as large as the viewport allows. */
export function viewOf(part: Rect, whole: Rect, viewport: Size, display: Size): View {
  if (part.width <= 0 || part.height <= 0 || whole.width <= 0) return wholeOf(display);
  const scale = whole.width / display.width;
  const zoom = Math.min(
    viewport.width / (part.width * scale),
    viewport.height / (part.height * scale),
  );
  const middle = { x: part.left + part.width / 2, y: part.top + part.height / 2 };
  return bounded({ zoom, ...middle }, whole, viewport, display);
}
