import { beforeEach, describe, expect, it, vi } from 'vitest';
import { buttonChanges } from './buttons';
import { DRAG_DISTANCE, PRESS_DELAY_MS, TAP_MS, TouchHand } from './touch';
import { Wheel } from './wheel';

describe('buttonChanges', () => {
  it('maps the browser’s buttons to X11’s', () => {
    const pressed = (mask: number) => buttonChanges(0, mask).map((c) => c.button);
    expect([1, 2, 4, 8, 16].map((bit) => pressed(bit)[0])).toEqual([1, 3, 2, 8, 9]);
    expect(pressed(32)).toEqual([]);
  });

  it('sees a second button and each release', () => {
    expect(buttonChanges(1, 3)).toEqual([{ button: 3, down: true }]);
    expect(buttonChanges(3, 0)).toEqual([
      { button: 1, down: false },
      { button: 3, down: false },
    ]);
    expect(buttonChanges(5, 5)).toEqual([]);
  });
});

describe('Wheel', () => {
  const turn = (deltaX: number, deltaY: number, deltaMode = 0, shiftKey = false) => ({
    deltaX,
    deltaY,
    deltaMode,
    shiftKey,
  });

  it('counts pixels, lines and pages in 1/120 of a notch', () => {
    expect(new Wheel().turn(turn(0, 100))).toEqual({ dx: 0, dy: 120 });
    expect(new Wheel().turn(turn(0, -3, 1))).toEqual({ dx: 0, dy: -120 });
    expect(new Wheel().turn(turn(1, 0, 2))).toEqual({ dx: 600, dy: 0 });
  });

  it('loses nothing of small movements', () => {
    const wheel = new Wheel();
    let sum = 0;
    for (let i = 0; i < 1000; i++) sum += wheel.turn(turn(0, 0.25))?.dy ?? 0;
    expect(sum).toBeGreaterThanOrEqual(299);
    expect(sum).toBeLessThanOrEqual(300);
  });

  it('gives Shift+wheel back its direction and keeps to 16 bits', () => {
    expect(new Wheel().turn(turn(100, 0, 0, true))).toEqual({ dx: 0, dy: 120 });
    expect(new Wheel().turn(turn(0, 1e9))).toEqual({ dx: 0, dy: 32767 });
    expect(new Wheel().turn(turn(0, 0))).toBeNull();
  });
});

describe('TouchHand', () => {
  let log: string[];
  let hand: TouchHand;
  const at = (x: number, y = 0) => ({ x, y });

  beforeEach(() => {
    vi.useFakeTimers();
    log = [];
    hand = new TouchHand({
      press: (p) => log.push(`press ${p.x}`),
      drag: (p) => log.push(`drag ${p.x}`),
      lift: (p) => log.push(`lift ${p.x}`),
      pan: (by) => log.push(`pan ${by.x},${by.y}`),
      context: (p) => log.push(`context ${p.x},${p.y}`),
      defer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    });
  });

  it('draws with one finger, from where it came down', () => {
    hand.down(1, at(10), 0);
    hand.move(1, at(10 + DRAG_DISTANCE), 1);
    hand.move(1, at(30), 2);
    hand.up(1, 3);
    expect(log).toEqual(['press 10', 'drag 15', 'drag 30', 'lift 30']);
  });

  it('taps, and holds', () => {
    hand.down(1, at(10), 0);
    hand.up(1, 1);
    expect(log).toEqual(['press 10', 'lift 10']);
    hand.down(1, at(20), 0);
    vi.advanceTimersByTime(PRESS_DELAY_MS);
    expect(log.at(-1)).toBe('press 20');
    hand.up(1, 1);
    expect(log.at(-1)).toBe('lift 20');
  });

  it('scrolls with two and draws nothing', () => {
    hand.down(1, at(10), 0);
    hand.down(2, at(50), 1);
    hand.move(1, at(10, 8), 2);
    hand.move(2, at(50, 8), 2);
    hand.up(1, 3);
    hand.move(2, at(60, 8), 4);
    hand.up(2, 5);
    vi.advanceTimersByTime(1000);
    expect(log).toEqual(['pan 0,4', 'pan 0,4']);
  });

  it('clicks right when two tap, though they tremble', () => {
    hand.down(1, at(10, 4), 0);
    hand.down(2, at(50), 60);
    hand.move(1, at(10 + DRAG_DISTANCE - 1, 4), 70);
    hand.up(2, 60 + TAP_MS);
    hand.move(1, at(80), 400);
    hand.up(1, 410);
    expect(log).toEqual(['context 30,2']);
    hand.down(3, at(10), 500);
    hand.up(3, 510);
    expect(log.slice(1)).toEqual(['press 10', 'lift 10']);
  });

  it('takes fingers that rest, move, draw or are three for no tap', () => {
    hand.down(1, at(10), 0);
    hand.down(2, at(50), 1);
    hand.up(1, 2 + TAP_MS);
    hand.up(2, 3 + TAP_MS);
    expect(log).toEqual([]);

    // A slow start of scrolling is not lost.
    hand.down(1, at(10), 0);
    hand.down(2, at(50), 1);
    hand.move(1, at(12), 2);
    hand.move(2, at(56), 2);
    hand.move(1, at(16), 3);
    hand.up(1, 4);
    hand.up(2, 4);
    expect(log).toEqual(['pan 3,0', 'pan 3,0']);

    log.length = 0;
    hand.down(1, at(10), 0);
    vi.advanceTimersByTime(PRESS_DELAY_MS);
    hand.down(2, at(50), 80);
    hand.up(1, 90);
    hand.up(2, 90);
    expect(log).toEqual(['press 10', 'lift 10']);

    log.length = 0;
    hand.down(1, at(10), 0);
    hand.down(2, at(50), 1);
    hand.down(3, at(90), 2);
    for (const id of [1, 2, 3]) hand.up(id, 3);
    expect(log).toEqual([]);
  });

  it('ends a stroke when a second finger joins late, or the system takes over', () => {
    hand.down(1, at(10), 0);
    hand.move(1, at(20), 1);
    hand.down(2, at(50), 2);
    expect(log).toEqual(['press 10', 'drag 20', 'lift 20']);
    hand.cancel(3);
    hand.down(3, at(1), 4);
    hand.move(3, at(9), 5);
    hand.cancel(6);
    expect(log.at(-1)).toBe('lift 9');
  });
});
