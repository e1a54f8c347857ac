import type { Point } from '../geometry';

/** How somebody looks around who does not draw: CSS pixels of the client area. */
export interface GazePorts {
  /** Whether looking around is what the hand is for now. */
  active(): boolean;
  zoom(factor: number, at: Point): void;
  pan(by: Point): void;
  whole(): void;
}

/** A wheel's notch of 100 pixels enlarges by about a fifth. */
const WHEEL = 0.0018;
/** A touchpad's pinch is a wheel of few pixels with Control. */
const PINCH = 0.01;
const LINE_PIXELS = 40;
const KEY_STEP = 1.25;

/**
 * Wheel and pinch zoom, dragging moves, + - 0 do it by keyboard. Listens beside
 * whatever else listens on the element.
 */
export class Gaze {
  #ports: GazePorts;
  #element: HTMLElement;
  #fingers = new Map<number, Point>();
  #stop = new AbortController();

  constructor(element: HTMLElement, ports: GazePorts) {
    this.#element = element;
    this.#ports = ports;
    const options = { signal: this.#stop.signal, passive: false };
    element.addEventListener('wheel', (e) => this.#turn(e), options);
    element.addEventListener('pointerdown', (e) => this.#down(e), options);
    element.addEventListener('pointermove', (e) => this.#move(e), options);
    for (const type of ['pointerup', 'pointercancel', 'lostpointercapture'] as const) {
      element.addEventListener(type, (e) => this.#fingers.delete(e.pointerId), options);
    }
    element.addEventListener('keydown', (e) => this.#key(e), options);
  }

  close(): void {
    this.#stop.abort();
  }

  #turn(e: WheelEvent): void {
    if (!this.#ports.active()) return;
    e.preventDefault();
    const pixels = e.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? e.deltaY : e.deltaY * LINE_PIXELS;
    const factor = Math.exp(-pixels * (e.ctrlKey ? PINCH : WHEEL));
    this.#ports.zoom(factor, { x: e.clientX, y: e.clientY });
  }

  #down(e: PointerEvent): void {
    if (!this.#ports.active() || (e.pointerType === 'mouse' && e.button !== 0)) return;
    this.#fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    this.#element.setPointerCapture(e.pointerId);
  }

  #move(e: PointerEvent): void {
    const before = this.#fingers.get(e.pointerId);
    if (!before || !this.#ports.active()) return;
    const was = this.#grip();
    this.#fingers.set(e.pointerId, { x: e.clientX, y: e.clientY });
    const is = this.#grip();
    this.#ports.pan({ x: is.middle.x - was.middle.x, y: is.middle.y - was.middle.y });
    if (was.spread > 0 && is.spread > 0) this.#ports.zoom(is.spread / was.spread, is.middle);
  }

  #key(e: KeyboardEvent): void {
    if (!this.#ports.active() || e.ctrlKey || e.altKey || e.metaKey) return;
    const { left, top, width, height } = this.#element.getBoundingClientRect();
    const middle = { x: left + width / 2, y: top + height / 2 };
    if (e.key === '+' || e.key === '=') this.#ports.zoom(KEY_STEP, middle);
    else if (e.key === '-') this.#ports.zoom(1 / KEY_STEP, middle);
    else if (e.key === '0') this.#ports.whole();
    else return;
    e.preventDefault();
  }

  /** Middle of the fingers and, of two, how far they are apart. */
  #grip(): { middle: Point; spread: number } {
    const [a = { x: 0, y: 0 }, b] = [...this.#fingers.values()];
    if (!b) return { middle: a, spread: 0 };
    return {
      middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
      spread: Math.hypot(a.x - b.x, a.y - b.y),
    };
  }
}
