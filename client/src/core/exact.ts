/**
 * Whether the picture shown is the display, pixel by pixel: the last frame that
 * was presented is the one the agent says this of. Either may be heard of first.
 */
export class ExactWatch {
  #told: number | null = null;
  #shown: number | null = null;
  #live = true;
  #is = false;
  #onChange: (is: boolean) => void;

  constructor(onChange: (is: boolean) => void) {
    this.#onChange = onChange;
  }

  /** The agent says that the frame with this RTP timestamp is exact. */
  told(rtpTimestamp: number): void {
    this.#told = rtpTimestamp;
    this.#look();
  }

  /** A frame is on screen. */
  presented(rtpTimestamp: number): void {
    this.#shown = rtpTimestamp;
    this.#look();
  }

  /** Whether the picture goes on: of a canvas out of reach nobody knows how it is now. */
  live(is: boolean): void {
    this.#live = is;
    this.#look();
  }

  /** Nothing is on screen, or nobody knows what. */
  restart(): void {
    this.#shown = null;
    this.#look();
  }

  #look(): void {
    const is = this.#live && this.#shown !== null && this.#shown === this.#told;
    if (is === this.#is) return;
    this.#is = is;
    this.#onChange(is);
  }
}
