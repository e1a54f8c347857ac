/** A size in pixels of whatever space the context names. */
export interface Size {
  width: number;
  height: number;
}

/** A rectangle in CSS pixels. */
export interface Rect extends Size {
  left: number;
  top: number;
}

export interface Point {
  x: number;
  y: number;
}

/** A remote display: its size in pixels, and how large things are drawn on it. */
export interface Display extends Size {
  /** percent of 96 dots per inch */
  scale: number;
}

/** Limits of a remote display, in display pixels. */
export const MIN_DISPLAY: Size = { width: 640, height: 480 };
export const MAX_DISPLAY: Size = { width: 3840, height: 2160 };

/** A viewport below this many CSS pixels is a phone's: GIMP's windows don't fit. */
const SMALL: Size = { width: 800, height: 480 };
/** What a small viewport gets at least. */
const USABLE: Size = { width: 1024, height: 640 };
const TALLEST = 4 / 3;

/** Below this enlargement a letterbox of a few pixels beats a blurred picture. */
const SNAP = 1.03;

/** Limits of a display's scale, in percent. */
const MIN_SCALE = 100;
const MAX_SCALE = 300;

/**
 * The display that fills a viewport (CSS pixels) at device pixels, with things
 * drawn as large as the page's. A viewport too small for GIMP gets a larger
 * display, which place() shrinks.
 */
export function wantedDisplay(viewport: Size, pixelRatio: number): Display {
  const small = viewport.width < SMALL.width || viewport.height < SMALL.height;
  const size = bounded(small ? enlarged(viewport) : scaled(viewport, pixelRatio));
  const drawn = small ? MIN_SCALE : Math.round((size.width / viewport.width) * 100);
  return { ...size, scale: Math.min(MAX_SCALE, Math.max(MIN_SCALE, drawn)) };
}

function enlarged(viewport: Size): Size {
  const k = Math.max(USABLE.width / viewport.width, USABLE.height / viewport.height);
  const size = scaled(viewport, k);
  return { width: size.width, height: Math.min(size.height, size.width * TALLEST) };
}

function bounded(size: Size): Size {
  const shrink = Math.min(1, MAX_DISPLAY.width / size.width, MAX_DISPLAY.height / size.height);
  const { width, height } = scaled(size, shrink);
  return {
    width: even(Math.max(MIN_DISPLAY.width, width)),
    height: even(Math.max(MIN_DISPLAY.height, height)),
  };
}

/** Video halves its chroma and its small layer: odd sides would be cut. */
const even = (n: number) => 2 * Math.floor((n + 1e-6) / 2);

const scaled = (s: Size, k: number): Size => ({ width: s.width * k, height: s.height * k });

/**
 * Where a display is shown in a viewport: as large as fits, centred, its edges
 * on device pixels, and exactly one display pixel per device pixel when the two
 * (nearly) agree.
 */
export function place(display: Size, viewport: Size, pixelRatio: number): Rect {
  if (display.width <= 0 || display.height <= 0) return { left: 0, top: 0, width: 0, height: 0 };
  const device = scaled(viewport, pixelRatio);
  let k = Math.min(device.width / display.width, device.height / display.height);
  if (k >= 1 && k < SNAP) k = 1;
  const width = Math.round(display.width * k);
  const height = Math.round(display.height * k);
  return {
    left: Math.max(0, Math.floor((device.width - width) / 2)) / pixelRatio,
    top: Math.max(0, Math.floor((device.height - height) / 2)) / pixelRatio,
    width: width / pixelRatio,
    height: height / pixelRatio,
  };
}

/** The display pixel under a point of the viewport, held inside the display. */
export function toDisplay(point: Point, shown: Rect, display: Size): Point {
  const along = (p: number, start: number, length: number, pixels: number) => {
    if (length <= 0) return 0;
    // The epsilon keeps exact device pixels exact at fractional ratios.
    const at = Math.floor(((p - start) * pixels) / length + 1e-6);
    return Math.min(Math.max(at, 0), pixels - 1);
  };
  return {
    x: along(point.x, shown.left, shown.width, display.width),
    y: along(point.y, shown.top, shown.height, display.height),
  };
}

/** Whether two displays, or none, are the same to look at. */
export const sameDisplay = (a: Display | null, b: Display | null): boolean =>
  a?.width === b?.width && a?.height === b?.height && a?.scale === b?.scale;

/** Reads the agent's attributes easel.display, "1280x800", and easel.scale, "200". */
export function parseDisplay(attribute: string | undefined, scale?: string): Display | null {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(attribute ?? '');
  if (!match) return null;
  const percent = /^\d{2,3}$/.test(scale ?? '') ? Number(scale) : MIN_SCALE;
  const size = { width: Number(match[1]), height: Number(match[2]), scale: percent };
  return size.width > 0 && size.height > 0 ? size : null;
}
