/** What is read of a WheelEvent. */
export interface WheelInfo {
  deltaX: number;
  deltaY: number;
  /** 0 pixels, 1 lines, 2 pages */
  deltaMode: number;
  shiftKey: boolean;
}

/** One wheel notch, in the unit of Scroll events. */
export const NOTCH = 120;

const PER_UNIT: Record<number, number> = {
  0: NOTCH / 100,
  1: NOTCH / 3,
  2: NOTCH * 5,
};

const LIMIT = 0x7fff;

/**
 * Turns wheel deltas into 1/120 of a notch, keeping what is too small to send
 * for the next time.
 */
export class Wheel {
  #x = 0;
  #y = 0;

  /** The whole units to send now, null when there are none. */
  turn(info: WheelInfo): { dx: number; dy: number } | null {
    const unit = PER_UNIT[info.deltaMode] ?? 1;
    // Browsers turn Shift+wheel sideways; GIMP gets Shift as a key and decides itself.
    const sideways = info.shiftKey && info.deltaY === 0;
    this.#x += sideways ? 0 : info.deltaX * unit;
    this.#y += (sideways ? info.deltaX : info.deltaY) * unit;
    const dx = clamp(Math.trunc(this.#x));
    const dy = clamp(Math.trunc(this.#y));
    this.#x = rest(this.#x, dx);
    this.#y = rest(this.#y, dy);
    return dx === 0 && dy === 0 ? null : { dx, dy };
  }
}

const clamp = (n: number) => Math.max(-LIMIT, Math.min(LIMIT, n)) || 0;

/** What is beyond the limit is lost: nobody turns a wheel so far. */
const rest = (n: number, sent: number) => (Math.abs(n - sent) < 1 ? n - sent : 0);
