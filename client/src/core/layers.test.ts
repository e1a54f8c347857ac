import { describe, expect, it } from 'vitest';
import { chooseLayer, layerSize } from './layers';

const display = { width: 1280, height: 800 };

describe('chooseLayer', () => {
  it('takes the full layer for anything larger than half', () => {
    expect(chooseLayer(display, { width: 1280, height: 800 })).toBe('full');
    expect(chooseLayer(display, { width: 641, height: 401 })).toBe('full');
    expect(chooseLayer(display, { width: 4000, height: 2500 })).toBe('full');
  });

  it('takes the half layer when nothing of the full one would be seen', () => {
    expect(chooseLayer(display, { width: 640, height: 400 })).toBe('half');
    expect(chooseLayer(display, { width: 390, height: 244 })).toBe('half');
  });
});

it('knows the size of a layer', () => {
  expect(layerSize(display, 'full')).toEqual(display);
  expect(layerSize({ width: 1281, height: 801 }, 'half')).toEqual({ width: 641, height: 401 });
});
