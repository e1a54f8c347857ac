import { describe, expect, it } from 'vitest';
import { BURST_MS, colourAt, FADE_MS, GREY, MARK_MS, Presence, REST_MS } from './presence';

const at = (identity: string, x: number, y = 0, shown = true) => ({
  type: 'pointers' as const,
  pointers: [{ identity, x, y, shown, marks: false }],
});

describe('ghosts', () => {
  it('are where their people point, and go when those leave the canvas', () => {
    const p = new Presence();
    p.take(at('eddy', 5, 6), '', 0);
    p.take(at('eddy', 7, 8), '', 10);
    expect(p.ghosts()).toMatchObject([{ identity: 'eddy', x: 7, y: 8 }]);
    p.take(at('eddy', 7, 8, false), '', 20);
    expect(p.ghosts()).toEqual([]);
  });

  it('are put away when they rest, and when their people leave', () => {
    const p = new Presence();
    p.take(at('eddy', 1), '', 0);
    p.take(at('emma', 1), '', 1000);
    expect(p.expire(REST_MS - 1)).toBe(1);
    expect(p.expire(REST_MS)).toBe(1000);
    expect(p.ghosts()).toMatchObject([{ identity: 'emma' }]);
    p.keep(new Set());
    expect(p.ghosts()).toEqual([]);
  });
});

describe('marks', () => {
  it('grow piece by piece, fade, and go', () => {
    const p = new Presence();
    p.take({ type: 'ink', stroke: 1, ends: false, points: [[1, 1]] }, 'eddy', 0);
    p.take({ type: 'ink', stroke: 1, ends: true, points: [[2, 2]] }, 'eddy', 100);
    expect(p.strokes()).toMatchObject([
      {
        identity: 'eddy',
        points: [
          [1, 1],
          [2, 2],
        ],
      },
    ]);
    expect(p.expire(100)).toBe(MARK_MS);
    expect(p.expire(100 + MARK_MS)).toBe(FADE_MS);
    expect(p.strokes()).toMatchObject([{ fades: true }]);
    expect(p.expire(100 + MARK_MS + FADE_MS)).toBe(Number.POSITIVE_INFINITY);
    expect(p.strokes()).toEqual([]);
  });

  it('are bounded for each person', () => {
    const p = new Presence();
    for (let stroke = 0; stroke < 100; stroke++) p.ink('eddy', stroke, [[0, 0]], 0);
    for (let i = 0; i < 100; i++) p.ink('emma', 0, Array(64).fill([0, 0]), 0);
    const all = p.strokes();
    expect(all.filter((s) => s.identity === 'eddy')).toHaveLength(32);
    expect(all.find((s) => s.identity === 'emma')?.points).toHaveLength(2000);
  });
});

describe('reactions and views', () => {
  it('shows a reaction for a while', () => {
    const p = new Presence();
    p.take({ type: 'reaction', which: 2, x: 3, y: 4 }, 'eddy', 0);
    expect(p.bursts()).toMatchObject([{ identity: 'eddy', which: 2 }]);
    p.expire(BURST_MS);
    expect(p.bursts()).toEqual([]);
  });

  it('follows the one who presents until they stop or leave', () => {
    const p = new Presence();
    const view = { left: 0, top: 0, width: 10, height: 10 };
    const none = { left: 0, top: 0, width: 0, height: 0 };
    p.take({ type: 'view', ...view }, 'eddy', 0);
    p.take({ type: 'view', ...none }, 'emma', 0);
    expect(p.presenter).toMatchObject({ identity: 'eddy', view });
    p.take({ type: 'view', ...none }, 'eddy', 0);
    expect(p.presenter).toBeNull();
    p.take({ type: 'view', ...view }, 'emma', 0);
    p.keep(new Set(['eddy']));
    expect(p.presenter).toBeNull();
  });
});

it('has a colour for each number of the server', () => {
  expect(new Set(['0', '1', '2', '3', '4', '5', '6', '7'].map(colourAt)).size).toBe(8);
  for (const none of [undefined, '', '8', '-1', 'red']) expect(colourAt(none)).toBe(GREY);
});
