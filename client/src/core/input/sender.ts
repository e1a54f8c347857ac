import { encodeInput, type HandEvent, Kind, MAX_EVENTS, type WireEvent } from '../wire';

/** How many unconfirmed moves a packet repeats while a button is held. */
export const MAX_REPEATED = 48;

/**
 * How many new moves a packet carries at most. While a button is held each move
 * travels in at least MAX_REPEATED / MAX_FRESH more packets, unless a frame
 * confirms it first.
 */
export const MAX_FRESH = MAX_EVENTS - MAX_REPEATED;

/** A point of a pointer's way, in display pixels, with the time of its DOM event. */
export interface TimedPoint {
  x: number;
  y: number;
  /** milliseconds, in the base of performance.now() */
  time: number;
}

interface Sent {
  event: HandEvent;
  sequence: number;
  time: number;
}

/** Where finished packets go: the lossy or the reliable channel. */
export type Outlet = (packet: Uint8Array<ArrayBuffer>, reliable: boolean) => void;

/**
 * Numbers what a hand does and packs it for the agent. One sequence runs across
 * the lossy and the reliable channel, from 1 within each lease generation.
 * Moves leave at once on the lossy channel; while a button is held every packet
 * repeats the recent moves that no frame has confirmed yet, so that a lost
 * packet costs a stroke nothing. Without a generation nothing is sent, but for a
 * press under one that is on offer: it takes the lease on its way, and what follows
 * it goes out before the answer is known.
 */
export class InputSender {
  #outlet: Outlet;
  #generation = 0;
  #held = false;
  #offered = 0;
  #claimed = false;
  /** The greatest generation that a press was refused under: it is never good again. */
  #spent = 0;
  #next = 1;
  #lastReliable = 0;
  #repeated: Sent[] = [];
  #buttons = new Set<number>();

  constructor(outlet: Outlet) {
    this.#outlet = outlet;
  }

  /** The lease generation events are sent under; 0 while this hand may not draw. */
  get generation(): number {
    return this.#held ? this.#generation : 0;
  }

  /** Whether a press would be sent now. */
  get ready(): boolean {
    return this.#held || this.#offered !== 0;
  }

  /** Buttons that are down, by what was sent. */
  get buttons(): ReadonlySet<number> {
    return this.#buttons;
  }

  /**
   * Holds a lease. A new generation begins again at 1; the same one after a
   * pause goes on counting, since the agent remembers what it has applied.
   */
  begin(generation: number): void {
    this.#claimed = false;
    this.#offered = 0;
    this.#held = generation !== 0;
    if (!this.#held || generation === this.#generation) return;
    this.#generation = generation;
    this.#next = 1;
    this.#lastReliable = 0;
    this.#repeated = [];
    this.#buttons.clear();
  }

  /**
   * Holds no lease, but may press under this generation; 0: may not. A claim to
   * that very generation stays: its answer is under way.
   */
  offer(generation: number): void {
    if (this.#claimed && generation === this.#generation) return;
    this.#forget();
    this.#offered = generation > this.#spent ? generation : 0;
  }

  /**
   * A press under this generation was refused, and with it all that followed: it
   * was to take the lease, or the lease it was made under had ended.
   */
  refuse(generation: number): void {
    this.#spent = Math.max(this.#spent, generation);
    if (generation === this.#generation) this.#forget();
    if (this.#offered <= this.#spent) this.#offered = 0;
  }

  /** Forgets the generation: the room, and with it the agent, counts anew. */
  reset(): void {
    this.#forget();
    this.#generation = 0;
    this.#spent = 0;
  }

  #forget(): void {
    const claimed = this.#claimed;
    this.begin(0);
    if (claimed) this.#generation = 0;
  }

  #claim(kind: HandEvent['kind']): boolean {
    const presses = kind === Kind.ButtonDown || kind === Kind.KeyDown || kind === Kind.Scroll;
    if (!presses || this.#offered === 0) return false;
    this.begin(this.#offered);
    this.#claimed = true;
    return true;
  }

  /** Pauses: whatever follows is dropped until begin. */
  end(): void {
    this.begin(0);
  }

  /** Sends a way of moves; returns the sequence of the last, 0 when none was sent. */
  moves(points: readonly TimedPoint[]): number {
    if (!this.#held) return 0;
    let last = 0;
    for (let at = 0; at < points.length; at += MAX_FRESH) {
      const fresh = points.slice(at, at + MAX_FRESH).map(({ x, y, time }): Sent => {
        last = this.#next++;
        return { event: { kind: Kind.Move, x, y }, sequence: last, time };
      });
      this.#pack([...this.#repeated, ...fresh], false);
      if (this.#buttons.size > 0) {
        this.#repeated = [...this.#repeated, ...fresh].slice(-MAX_REPEATED);
      }
    }
    return last;
  }

  /** Sends one event that must arrive; returns its sequence, 0 when not sent. */
  reliable(event: Exclude<HandEvent, { kind: typeof Kind.Move }>, time: number): number {
    if (!this.#held && !this.#claim(event.kind)) return 0;
    const sequence = this.#next++;
    this.#pack([...this.#repeated, { event, sequence, time }], true);
    this.#repeated = [];
    this.#lastReliable = sequence;
    if (event.kind === Kind.ButtonDown) this.#buttons.add(event.button);
    if (event.kind === Kind.ButtonUp) this.#buttons.delete(event.button);
    if (event.kind === Kind.ReleaseAll) this.#buttons.clear();
    return sequence;
  }

  /**
   * Sends the unconfirmed moves of a stroke once more: nothing follows them just
   * now that would repeat them. Returns whether there were any.
   */
  repeat(): boolean {
    if (!this.#held || this.#repeated.length === 0) return false;
    this.#pack(this.#repeated, false);
    return true;
  }

  /** A frame showed the effect of everything up to sequence: no need to repeat it. */
  confirm(generation: number, sequence: number): void {
    if (generation !== this.#generation) return;
    this.#repeated = this.#repeated.filter((sent) => sent.sequence > sequence);
  }

  #pack(sent: Sent[], reliable: boolean): void {
    const start = sent[0]?.time ?? 0;
    let before = start;
    const events = sent.map(({ event, time }): WireEvent => {
      const delay = Math.min(Math.max(Math.round((time - before) * 10), 0), 0xffff);
      before = time;
      return { ...event, delay };
    });
    const first = sent[0]?.sequence ?? 0;
    const input = {
      generation: this.#generation,
      first,
      barrier: this.#lastReliable,
      time: Math.round(start * 10) >>> 0,
      events,
    };
    this.#outlet(encodeInput(input), reliable);
  }
}
