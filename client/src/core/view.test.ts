import { describe, expect, it } from 'vitest';
import { place } from './geometry';
import {
  bounded,
  MAX_ZOOM,
  panned,
  showsAll,
  viewOf,
  visible,
  wholeOf,
  zoomAt,
  zoomed,
} from './view';

const display = { width: 1280, height: 800 };
const viewport = { width: 390, height: 700 };
const whole = place(display, viewport, 2);

/** The display pixel at a point of the viewport. */
function under(view: Parameters<typeof zoomed>[0], at: { x: number; y: number }) {
  const shown = zoomed(view, whole, viewport, display);
  return {
    x: ((at.x - shown.left) / shown.width) * display.width,
    y: ((at.y - shown.top) / shown.height) * display.height,
  };
}

describe('zooming', () => {
  it('shows all of it at first', () => {
    const view = wholeOf(display);
    expect(showsAll(view)).toBe(true);
    expect(zoomed(view, whole, viewport, display)).toEqual(whole);
    expect(visible(view, whole, viewport, display)).toEqual({ left: 0, top: 0, ...display });
  });

  it('keeps the point under the fingers', () => {
    const at = { x: 200, y: 350 };
    let view = wholeOf(display);
    const before = under(view, at);
    for (let i = 0; i < 5; i++) view = zoomAt(view, 1.5, at, whole, viewport, display);
    const after = under(view, at);
    expect(after.x).toBeCloseTo(before.x, 6);
    expect(after.y).toBeCloseTo(before.y, 6);
  });

  it('stays within its limits and goes back to the whole', () => {
    const at = { x: 0, y: 0 };
    let view = zoomAt(wholeOf(display), 1000, at, whole, viewport, display);
    expect(view.zoom).toBe(MAX_ZOOM);
    view = zoomAt(view, 1 / 1000, at, whole, viewport, display);
    expect(view).toEqual(wholeOf(display));
  });
});

describe('panning', () => {
  it('moves the picture with the finger, and not past its edge', () => {
    const view = zoomAt(wholeOf(display), 4, { x: 195, y: 350 }, whole, viewport, display);
    const moved = panned(view, { x: 30, y: 0 }, whole, viewport, display);
    const was = zoomed(view, whole, viewport, display);
    expect(zoomed(moved, whole, viewport, display).left).toBeCloseTo(was.left + 30, 6);
    const far = panned(view, { x: 1e6, y: 1e6 }, whole, viewport, display);
    expect(zoomed(far, whole, viewport, display).left).toBeCloseTo(0, 6);
    expect(visible(far, whole, viewport, display).left).toBe(0);
  });

  it('has nowhere to go when all is shown', () => {
    expect(panned(wholeOf(display), { x: 50, y: 50 }, whole, viewport, display)).toEqual(
      wholeOf(display),
    );
  });
});

describe('following', () => {
  it('shows at least what the presenter sees', () => {
    const theirs = { width: 1600, height: 900 };
    const large = place(display, theirs, 1);
    const view = zoomAt(wholeOf(display), 3, { x: 1200, y: 200 }, large, theirs, display);
    const part = visible(view, large, theirs, display);
    const mine = visible(viewOf(part, whole, viewport, display), whole, viewport, display);
    expect(mine.left).toBeLessThanOrEqual(part.left + 1);
    expect(mine.top).toBeLessThanOrEqual(part.top + 1);
    expect(mine.left + mine.width).toBeGreaterThanOrEqual(part.left + part.width - 1);
    expect(mine.top + mine.height).toBeGreaterThanOrEqual(part.top + part.height - 1);
  });

  it('survives a viewport of nothing', () => {
    const nothing = { left: 0, top: 0, width: 0, height: 0 };
    expect(bounded({ zoom: 3, x: 1, y: 1 }, nothing, nothing, display)).toEqual(wholeOf(display));
    expect(viewOf(nothing, whole, viewport, display)).toEqual(wholeOf(display));
  });
});
