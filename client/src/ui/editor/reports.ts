import type { Path, PathState } from '../../core/path';
import { type Report, viaOf } from '../../core/quality';
import type { Asking } from '../../core/wire';

const REPORT_MS = 5000;

export interface ReportsPorts {
  connected(): boolean;
  /** The ways that the picture comes. */
  ways(): PathState;
  stats(): Promise<RTCStatsReport | undefined>;
  /** The hand-to-screen times since the last report, in milliseconds. */
  drain(): number[];
  ask(what: Asking): void;
}

/** What the server's figures are told from here: hand-to-screen times, and the way of the picture. */
export class Reports {
  #ports: ReportsPorts;
  /** The way that was shown while its picture went on. */
  #alive: Path | null = null;
  /** The way that the server was told of. */
  #told = '';
  #timer = setInterval(() => {
    this.#times();
    void this.#way();
  }, REPORT_MS);

  constructor(ports: ReportsPorts) {
    this.#ports = ports;
  }

  /** Another way shows the canvas, or the same one again: since now. */
  seen(): void {
    const { shown, good, why } = this.#ports.ways();
    const now = shown && good[shown] ? shown : null;
    if (now === this.#alive) return;
    this.#alive = now;
    if (!shown || !now) return;
    const detail = { shown, why, at: performance.now() };
    window.dispatchEvent(new CustomEvent('easel:way', { detail }));
    void this.#way();
  }

  /** The server hears of the way anew. */
  restart(): void {
    this.#told = '';
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #times(): void {
    if (!this.#ports.connected()) return;
    const photonMs = this.#ports.drain();
    if (photonMs.length > 0) this.#ports.ask({ type: 'report', photonMs });
  }

  /** Tells the server by which way the canvas comes, when that is another. */
  async #way(): Promise<void> {
    const { shown, good, why } = this.#ports.ways();
    if (!shown || !good[shown] || !this.#ports.connected()) return;
    const webrtc = shown === 'webrtc';
    const report = webrtc ? ((await this.#ports.stats()) as Report | undefined) : undefined;
    const way = shown === 'vnc' ? shown : report && viaOf(report);
    if (!way || way === this.#told || this.#ports.ways().shown !== shown) return;
    const moved = webrtc && this.#told !== '' && this.#told !== 'vnc';
    this.#told = way;
    this.#ports.ask({ type: 'way', way, code: moved && why === 'best' ? 'moved' : why });
  }
}
