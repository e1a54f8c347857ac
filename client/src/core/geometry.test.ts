import { describe, expect, it } from 'vitest';
import { parseDisplay, place, toDisplay, wantedDisplay } from './geometry';

describe('wantedDisplay', () => {
  it('is the viewport at device pixels', () => {
    expect(wantedDisplay({ width: 1280, height: 800 }, 1)).toEqual({
      width: 1280,
      height: 800,
      scale: 100,
    });
    expect(wantedDisplay({ width: 1440, height: 900 }, 2)).toEqual({
      width: 2880,
      height: 1800,
      scale: 200,
    });
    expect(wantedDisplay({ width: 1281, height: 801 }, 1)).toEqual({
      width: 1280,
      height: 800,
      scale: 100,
    });
    expect(wantedDisplay({ width: 1024, height: 640 }, 1.25)).toEqual({
      width: 1280,
      height: 800,
      scale: 125,
    });
    expect(wantedDisplay({ width: 1600, height: 1000 }, 0.5).scale).toBe(100);
  });

  it('stays within the limits and keeps the shape', () => {
    const size = wantedDisplay({ width: 2560, height: 1440 }, 2);
    expect(size).toEqual({ width: 3840, height: 2160, scale: 150 });
    expect(wantedDisplay({ width: 100, height: 50 }, 1).width).toBeGreaterThanOrEqual(1024);
  });

  it('gives a phone a display on which GIMP fits', () => {
    expect(wantedDisplay({ width: 390, height: 792 }, 3)).toEqual({
      width: 1024,
      height: 1364,
      scale: 100,
    });
    const landscape = wantedDisplay({ width: 844, height: 338 }, 3);
    expect(landscape.height).toBe(640);
    expect(landscape.width).toBeGreaterThan(1500);
  });
});

describe('place', () => {
  it('fills the window when sizes agree', () => {
    const rect = place({ width: 1280, height: 800 }, { width: 1280, height: 800 }, 1);
    expect(rect).toEqual({ left: 0, top: 0, width: 1280, height: 800 });
  });

  it('shows pixels one to one when a few are missing', () => {
    const rect = place({ width: 1280, height: 800 }, { width: 1281, height: 801 }, 1);
    expect(rect).toEqual({ left: 0, top: 0, width: 1280, height: 800 });
    const hidpi = place({ width: 2880, height: 1800 }, { width: 1440, height: 900.5 }, 2);
    expect(hidpi).toEqual({ left: 0, top: 0, width: 1440, height: 900 });
  });

  it('contains and centres anything else', () => {
    const rect = place({ width: 1280, height: 800 }, { width: 390, height: 792 }, 3);
    expect(rect.width).toBe(390);
    expect(rect.height).toBeCloseTo(243.67, 1);
    expect(rect.top).toBeCloseTo(274, 0);
    expect((rect.top * 3) % 1).toBeCloseTo(0);
  });
});

describe('toDisplay', () => {
  it.each([1, 1.25, 1.5, 2, 3])('maps every device pixel to its own at ratio %s', (ratio) => {
    const display = { width: 1000, height: 700 };
    const shown = { left: 12 / ratio, top: 7 / ratio, width: 1000 / ratio, height: 700 / ratio };
    for (let x = 0; x < 1000; x++) {
      const client = { x: (12 + x) / ratio, y: (7 + (x % 700)) / ratio };
      expect(toDisplay(client, shown, display)).toEqual({ x, y: x % 700 });
    }
  });

  it('holds points inside the display', () => {
    const display = { width: 100, height: 50 };
    const shown = { left: 10, top: 10, width: 100, height: 50 };
    expect(toDisplay({ x: -5, y: 5 }, shown, display)).toEqual({ x: 0, y: 0 });
    expect(toDisplay({ x: 500, y: 500 }, shown, display)).toEqual({ x: 99, y: 49 });
    expect(toDisplay({ x: 5, y: 5 }, { ...shown, width: 0 }, display).x).toBe(0);
  });
});

describe('parseDisplay', () => {
  it('reads the attribute and nothing else', () => {
    expect(parseDisplay('1280x800')).toEqual({ width: 1280, height: 800, scale: 100 });
    for (const bad of [undefined, '', '1280', '0x4', '-1x2', '1e3x2', '1x2x3']) {
      expect(parseDisplay(bad)).toBeNull();
    }
  });
});
