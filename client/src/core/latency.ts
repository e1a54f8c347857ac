import type { FrameTag } from './wire';

/** One input event followed to the screen. Times are Unix microseconds. */
export interface PhotonSample {
  photonMs: number;
  /** DOM time stamp of the event, by this machine's clock. */
  sentAt: number;
  /** By the agent's clock: X had the event, the frame was grabbed, was sent. */
  injected: number;
  captured: number;
  encoded: number;
  /** The page was told of the presented frame, by this machine's clock. */
  presented: number;
  /** Of that frame: 90 kHz, as the agent sent it. */
  rtpTimestamp: number;
}

export interface PhotonSummary {
  count: number;
  p50: number;
  p95: number;
}

interface Pending {
  generation: number;
  sequence: number;
  time: number;
}

interface Presented {
  rtpTimestamp: number;
  time: number;
}

const MAX_PENDING = 1024;
const MAX_FRAMES = 64;
const MAX_TAGS = 64;
const MAX_RECENT = 256;

/**
 * A display that is quiet for so long after an event was not answering it: the
 * damage came from something else (an animated selection, a blinking caret).
 */
const MAX_ANSWER_US = 250_000;

/** Whether RTP timestamp a is b or later, modulo 2^32. */
export const reached = (a: number, b: number): boolean => ((a - b) | 0) >= 0;

/**
 * Measures input-to-photon latency: from the DOM time stamp of an input event
 * to the moment the page is told that the first frame with its effect was
 * presented. The agent tags that frame with the last event applied before its
 * damage; each event is measured at most once. Tags and frames may come in
 * either order. Times given are milliseconds in the base of performance.now().
 */
export class PhotonMeter {
  #origin: number;
  #onSample: (sample: PhotonSample) => void;
  #pending: Pending[] = [];
  #tags: FrameTag[] = [];
  #frames: Presented[] = [];
  #recent: number[] = [];
  #unreported: number[] = [];

  /** timeOrigin is performance.timeOrigin. */
  constructor(timeOrigin: number, onSample: (sample: PhotonSample) => void) {
    this.#origin = timeOrigin;
    this.#onSample = onSample;
  }

  /** An event left for the agent. */
  sent(generation: number, sequence: number, time: number): void {
    this.#pending.push({ generation, sequence, time });
    if (this.#pending.length > MAX_PENDING) this.#pending.shift();
  }

  /** The agent said which frame shows an event. */
  tagged(tag: FrameTag): void {
    if (tag.captured - tag.injected > MAX_ANSWER_US) return;
    const frame = this.#frames.find((f) => reached(f.rtpTimestamp, tag.rtpTimestamp));
    if (frame) {
      this.#match(tag, frame);
      return;
    }
    this.#tags.push(tag);
    if (this.#tags.length > MAX_TAGS) this.#tags.shift();
  }

  /** A frame was presented; time is when the page was told. */
  presented(rtpTimestamp: number, time: number): void {
    const frame = { rtpTimestamp, time };
    this.#frames.push(frame);
    if (this.#frames.length > MAX_FRAMES) this.#frames.shift();
    const due = this.#tags.filter((tag) => reached(rtpTimestamp, tag.rtpTimestamp));
    if (due.length === 0) return;
    this.#tags = this.#tags.filter((tag) => !due.includes(tag));
    for (const tag of due) this.#match(tag, frame);
  }

  /** The video's clock began anew: frames seen so far say nothing of it. */
  restart(): void {
    this.#frames = [];
    this.#tags = [];
  }

  #match(tag: FrameTag, frame: Presented): void {
    const mine = (p: Pending) => p.generation === tag.generation;
    const event = this.#pending.find((p) => mine(p) && p.sequence === tag.sequence);
    if (!event) return;
    this.#pending = this.#pending.filter((p) => !mine(p) || p.sequence > tag.sequence);
    const photonMs = frame.time - event.time;
    if (!(photonMs >= 0)) return;
    for (const list of [this.#recent, this.#unreported]) {
      list.push(photonMs);
      if (list.length > MAX_RECENT) list.shift();
    }
    this.#onSample({
      photonMs,
      sentAt: this.#unix(event.time),
      injected: tag.injected,
      captured: tag.captured,
      encoded: tag.encoded,
      presented: this.#unix(frame.time),
      rtpTimestamp: frame.rtpTimestamp,
    });
  }

  /** Of the recent measurements; null before the first. */
  summary(): PhotonSummary | null {
    if (this.#recent.length === 0) return null;
    const sorted = [...this.#recent].sort((a, b) => a - b);
    const at = (q: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
    return { count: sorted.length, p50: at(0.5), p95: at(0.95) };
  }

  /** What was measured since the last call, in milliseconds. */
  drain(): number[] {
    const drained = this.#unreported;
    this.#unreported = [];
    return drained;
  }

  #unix(time: number): number {
    return Math.round((this.#origin + time) * 1000);
  }
}
