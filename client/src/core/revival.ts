/** How long a connection may leave ICE unanswered before another is tried. */
export const FRESH_MS = 2000;
/** How long data may take once ICE is answered again. */
export const DATA_MS = 300;
/** How long the picture may, once data comes. */
export const PICTURE_MS = 800;

/**
 * Whether a connection that stalled lives again, or is better replaced. ICE finds
 * its way within a fraction of a second after the network carries again, but SCTP
 * waits, each direction by itself, for a timer that doubles with each loss (RFC
 * 9260, section 6.3.3): input would lag behind the picture by up to as long as the
 * cut lasted. So only an echo of what was asked after the stall proves it. And where
 * ICE stays unanswered, a new connection looks for a way by TCP or a relay, which
 * this one has dropped. Times are in the base of performance.now().
 */
export class Revival {
  #since: number;
  #asked: number;
  #answers: number | null = null;
  #answered: number | null = null;
  #proven = false;

  /** asked is the number of the last echo before. */
  constructor(now: number, asked: number) {
    this.#since = now;
    this.#asked = asked;
  }

  /** Whether data gets through, both ways. */
  get proven(): boolean {
    return this.#proven;
  }

  /** The echo of this number came. */
  echoed(echo: number): void {
    if (echo > this.#asked) this.#proven = true;
  }

  /** Whether to replace it now; answers counts those to ICE's checks, null if unknown. */
  hopeless(now: number, answers: number | null): boolean {
    this.#answers ??= answers;
    if (answers !== this.#answers) this.#answered ??= now;
    if (this.#answered !== null) {
      return now - this.#answered >= (this.#proven ? PICTURE_MS : DATA_MS);
    }
    return now - this.#since >= FRESH_MS;
  }
}
