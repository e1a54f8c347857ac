/** How often to feel the pulse. */
export const PULSE_MS = 200;
/** How much silence makes one ask for an echo. */
export const ECHO_MS = 400;
/** How much silence means that a connection stalls: four echoes were asked for in vain. */
export const STALL_MS = 1200;

/**
 * Whether a connection lives. A canvas that nobody touches sends nothing, so
 * silence alone says little: after a while an echo is asked for, and silence
 * after that means a stall. ICE itself takes several seconds to notice. Times
 * are in the base of performance.now().
 */
export class Pulse {
  #heard = 0;
  #beat = 0;
  #stall: number;

  /** stall is how much silence counts as one, in milliseconds. */
  constructor(stall = STALL_MS) {
    this.#stall = stall;
  }

  /** Something came. */
  heard(now: number): void {
    this.#heard = now;
  }

  /** To be called every PULSE_MS: what to do about the silence. */
  feel(now: number, asleep: boolean): 'echo' | 'stalled' | null {
    const late = now - this.#beat > ECHO_MS;
    this.#beat = now;
    // A page that slept has heard nothing, but not for lack of a connection.
    if (late || asleep) this.#heard = Math.max(this.#heard, now - ECHO_MS);
    const silence = now - this.#heard;
    if (silence > this.#stall) return 'stalled';
    return silence >= ECHO_MS ? 'echo' : null;
  }
}
