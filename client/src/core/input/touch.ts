import type { Point } from '../geometry';

/** What fingers mean, in CSS pixels of the viewport. */
export interface TouchPorts {
  press(at: Point, time: number): void;
  drag(at: Point, time: number): void;
  lift(at: Point, time: number): void;
  /** Two fingers moved by so many CSS pixels. */
  pan(by: Point, at: Point, time: number): void;
  /** Two fingers tapped, at both sides of a point: what a right click does. */
  context(at: Point, time: number): void;
  /** Calls back after so many milliseconds; returns the cancellation. */
  defer(callback: () => void, ms: number): () => void;
}

/** A second finger within this time makes it a pan, not a stroke. */
export const PRESS_DELAY_MS = 70;
/** A finger that moved so far draws, or scrolls with a second one. */
export const DRAG_DISTANCE = 5;
/** Two fingers that are not lifted sooner rest: that is no tap. */
export const TAP_MS = 300;

type Mode = 'idle' | 'waiting' | 'drawing' | 'tapping' | 'panning' | 'ignoring';

/**
 * One finger is button 1, two fingers scroll or, when they only tap, click
 * button 3; a third ends the gesture. A finger that rests is no right click: it
 * has pressed by then, as an airbrush or a handle needs it.
 */
export class TouchHand {
  #ports: TouchPorts;
  #mode: Mode = 'idle';
  #fingers = new Map<number, Point>();
  #start: Point = { x: 0, y: 0 };
  /** When the second finger came down. */
  #joined = 0;
  #cancel: () => void = () => {};

  constructor(ports: TouchPorts) {
    this.#ports = ports;
  }

  down(id: number, at: Point, time: number): void {
    this.#fingers.set(id, at);
    if (this.#mode === 'idle') {
      this.#mode = 'waiting';
      this.#start = at;
      this.#cancel = this.#ports.defer(() => this.#press(time + PRESS_DELAY_MS), PRESS_DELAY_MS);
      return;
    }
    this.#cancel();
    const drew = this.#mode === 'drawing';
    if (drew) this.#ports.lift(this.#last(), time);
    this.#joined = time;
    if (this.#fingers.size > 2) this.#mode = 'ignoring';
    else this.#mode = drew ? 'panning' : 'tapping';
  }

  move(id: number, at: Point, time: number): void {
    const before = this.#fingers.get(id);
    if (!before) return;
    if (this.#mode === 'tapping') {
      // Until one moves on purpose, both stay where they came down; then all of it counts.
      if (distance(at, before) < DRAG_DISTANCE) return;
      this.#mode = 'panning';
    }
    this.#fingers.set(id, at);
    switch (this.#mode) {
      case 'waiting':
        if (distance(at, this.#start) < DRAG_DISTANCE) return;
        this.#press(time);
        this.#ports.drag(at, time);
        break;
      case 'drawing':
        this.#ports.drag(at, time);
        break;
      case 'panning':
        // Each finger carries half of the movement of the pair.
        this.#ports.pan(
          { x: (at.x - before.x) / 2, y: (at.y - before.y) / 2 },
          this.#middle(),
          time,
        );
        break;
    }
  }

  up(id: number, time: number): void {
    const at = this.#fingers.get(id);
    if (!at) return;
    if (this.#mode === 'waiting') this.#press(time);
    if (this.#mode === 'drawing') this.#ports.lift(at, time);
    if (this.#mode === 'tapping' && time - this.#joined <= TAP_MS) {
      this.#ports.context(this.#middle(), time);
    }
    this.#fingers.delete(id);
    this.#mode = this.#fingers.size === 0 ? 'idle' : 'ignoring';
  }

  /** The system took the fingers away. */
  cancel(time: number): void {
    this.#cancel();
    if (this.#mode === 'drawing') this.#ports.lift(this.#last(), time);
    this.#fingers.clear();
    this.#mode = 'idle';
  }

  #press(time: number): void {
    this.#cancel();
    this.#mode = 'drawing';
    this.#ports.press(this.#start, time);
  }

  /** Where the drawing finger is: the first that came down. */
  #last(): Point {
    return this.#fingers.values().next().value ?? this.#start;
  }

  #middle(): Point {
    const points = [...this.#fingers.values()];
    const sum = points.reduce((a, p) => ({ x: a.x + p.x, y: a.y + p.y }), { x: 0, y: 0 });
    return { x: sum.x / points.length, y: sum.y / points.length };
  }
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);
