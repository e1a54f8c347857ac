import type { PhotonMeter } from '../latency';
import { type FrameTag, type HandEvent, Kind } from '../wire';
import { InputSender, type Outlet, type TimedPoint } from './sender';

/** Moves closer together than this share a packet. */
const BATCH_MS = 4;

/**
 * When moves of a stroke are sent again because the hand rests: the packet that
 * would repeat them may be long in coming. Milliseconds after the one before.
 */
const REPAIR_MS = [15, 30, 60, 120];

/** Calls back after so many milliseconds; returns the cancellation. */
export type Defer = (callback: () => void, ms: number) => () => void;

/**
 * What one person's hand does while they hold the lease. The first move of a
 * movement leaves at once; a mouse that reports faster than BATCH_MS has the
 * following ones collected. Everything sent is told to the latency meter.
 */
export class Hand {
  #sender: InputSender;
  #meter: PhotonMeter;
  #defer: Defer;
  #waiting: TimedPoint[] = [];
  #at: TimedPoint | null = null;
  #cancel: (() => void) | null = null;
  #unrepair: (() => void) | null = null;

  constructor(outlet: Outlet, meter: PhotonMeter, defer: Defer) {
    this.#sender = new InputSender(outlet);
    this.#meter = meter;
    this.#defer = defer;
  }

  /** Whether this hand holds the lease. */
  get draws(): boolean {
    return this.#sender.generation !== 0;
  }

  /** Whether this hand holds the lease or would take it by pressing. */
  get ready(): boolean {
    return this.#sender.ready;
  }

  /** Whether a stroke may be under way. */
  get pressed(): boolean {
    return this.#sender.buttons.size > 0;
  }

  /** Starts or, with 0, ends a lease. */
  hold(generation: number): void {
    if (generation !== this.#sender.generation) this.#drop();
    this.#sender.begin(generation);
  }

  /** Holds no lease; a press under this generation would take it, 0: would not. */
  offer(generation: number): void {
    this.#sender.offer(generation);
    if (!this.draws) this.#drop();
  }

  /** A press that was to take the lease did not. */
  refuse(generation: number): void {
    this.#sender.refuse(generation);
    if (!this.draws) this.#drop();
  }

  /** Ends the lease and forgets it: the room was entered anew. */
  reset(): void {
    this.#drop();
    this.#sender.reset();
  }

  /** The pointer's way; points that stay on the same pixel say nothing. */
  moves(points: readonly TimedPoint[]): void {
    for (const point of points) {
      if (point.x === this.#at?.x && point.y === this.#at.y) continue;
      this.#at = point;
      this.#waiting.push(point);
    }
    if (this.#waiting.length === 0) return;
    if (this.#cancel) return;
    this.#flush();
    this.#cancel = this.#defer(() => {
      this.#cancel = null;
      if (this.#waiting.length > 0) this.moves([]);
    }, BATCH_MS);
  }

  send(event: Exclude<HandEvent, { kind: typeof Kind.Move }>, time: number): void {
    this.#flush();
    const sequence = this.#sender.reliable(event, time);
    if (sequence > 0) this.#meter.sent(this.#sender.generation, sequence, time);
  }

  /** Lets go of every button and key. */
  releaseAll(time: number): void {
    this.send({ kind: Kind.ReleaseAll }, time);
  }

  /** The agent showed what was sent. */
  tagged(tag: FrameTag): void {
    this.#sender.confirm(tag.generation, tag.sequence);
    this.#meter.tagged(tag);
  }

  /** What was sent is there: a way that loses nothing needs no repetition. */
  arrived({ generation, sequence }: { generation: number; sequence: number }): void {
    this.#sender.confirm(generation, sequence);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const points = this.#waiting;
    this.#waiting = [];
    const last = this.#sender.moves(points);
    if (last === 0) return;
    for (const [i, point] of points.entries()) {
      this.#meter.sent(this.#sender.generation, last - points.length + 1 + i, point.time);
    }
    this.#repair(0);
  }

  /** Sends the end of a movement again until something else does or it is confirmed. */
  #repair(round: number): void {
    this.#unrepair?.();
    this.#unrepair = null;
    const wait = REPAIR_MS[round];
    if (wait === undefined || this.#sender.buttons.size === 0) return;
    this.#unrepair = this.#defer(() => {
      if (this.#sender.repeat()) this.#repair(round + 1);
    }, wait);
  }

  #drop(): void {
    this.#waiting = [];
    this.#at = null;
    this.#cancel?.();
    this.#cancel = null;
    this.#unrepair?.();
    this.#unrepair = null;
  }
}
