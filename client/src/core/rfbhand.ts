import { decodeInput, Kind } from './wire';

/** What RFB can say of a hand. */
export interface RfbOutlet {
  /** Bit n of buttons: X button n+1. */
  pointer(x: number, y: number, buttons: number): void;
  key(keysym: number, down: boolean): void;
  resize(width: number, height: number): void;
}

/** Wheel units of one click of a wheel button, and the most clicks of one event. */
const NOTCH = 120;
const MAX_NOTCHES = 20;

/** X's wheel buttons. */
const UP = 4;
const DOWN = 5;
const LEFT = 6;
const RIGHT = 7;

/**
 * Says in RFB what packets of input say: the same hand, keys and wheel as over
 * WebRTC. RFB comes in order and whole, so what a packet repeats is left out.
 */
export class RfbHand {
  #outlet: RfbOutlet;
  #generation = 0;
  #applied = 0;
  #at = { x: 0, y: 0 };
  #buttons = 0;
  #keys = new Set<number>();
  #wheel = { x: 0, y: 0 };

  constructor(outlet: RfbOutlet) {
    this.#outlet = outlet;
  }

  /** Says a packet; returns the last sequence that it said. */
  say(packet: Uint8Array): { generation: number; sequence: number } {
    const { generation, first, events } = decodeInput(packet);
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#applied = 0;
    }
    for (const [i, event] of events.entries()) {
      if (first + i <= this.#applied) continue;
      this.#applied = first + i;
      if ('x' in event) this.#at = { x: event.x, y: event.y };
      switch (event.kind) {
        case Kind.Move:
          this.#point(this.#buttons);
          break;
        case Kind.ButtonDown:
          this.#point(this.#buttons | (1 << (event.button - 1)));
          break;
        case Kind.ButtonUp:
          this.#point(this.#buttons & ~(1 << (event.button - 1)));
          break;
        case Kind.Scroll:
          this.#wheel.x = this.#turn(this.#wheel.x + event.dx, LEFT, RIGHT);
          this.#wheel.y = this.#turn(this.#wheel.y + event.dy, UP, DOWN);
          break;
        case Kind.KeyDown:
          this.#keys.add(event.keysym);
          this.#outlet.key(event.keysym, true);
          break;
        case Kind.KeyUp:
          this.#keys.delete(event.keysym);
          this.#outlet.key(event.keysym, false);
          break;
        case Kind.Resize:
          this.#outlet.resize(event.width, event.height);
          break;
        case Kind.ReleaseAll:
          this.release();
          break;
      }
    }
    return { generation, sequence: this.#applied };
  }

  /** Lets go of everything. */
  release(): void {
    if (this.#buttons !== 0) this.#point(0);
    for (const keysym of this.#keys) this.#outlet.key(keysym, false);
    this.#keys.clear();
    this.#wheel = { x: 0, y: 0 };
  }

  #point(buttons: number): void {
    this.#buttons = buttons;
    this.#outlet.pointer(this.#at.x, this.#at.y, buttons);
  }

  /** Turns units into clicks of one of two buttons and returns what remains. */
  #turn(units: number, negative: number, positive: number): number {
    const clicks = Math.min(Math.floor(Math.abs(units) / NOTCH), MAX_NOTCHES);
    const bit = 1 << ((units < 0 ? negative : positive) - 1);
    for (let i = 0; i < clicks; i++) {
      this.#outlet.pointer(this.#at.x, this.#at.y, this.#buttons | bit);
      this.#outlet.pointer(this.#at.x, this.#at.y, this.#buttons);
    }
    return units % NOTCH;
  }
}
