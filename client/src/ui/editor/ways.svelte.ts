import type { Pass } from '../../core/api';
import {
  due,
  type Path,
  type PathEvent,
  type PathState,
  type Pin,
  type Route,
  routeOf,
  start,
  step,
  type Why,
  wanted,
} from '../../core/path';
import type { VncWindow, WindowCounters, WindowPorts } from '../../vnc/window';

/** How long a window that could not be opened is left alone. */
const AGAIN_MS = 2000;
const CHOICE = 'easel.way';
const PINS: readonly Pin[] = ['webrtc', 'tcp', 'relay', 'vnc'];

export interface WaysPorts {
  /** What opens the room. */
  admission(): Promise<Pass>;
  /** Whether an error is the server's last word. */
  refused(error: unknown): boolean;
  /** Asks for the room's connection by a route, or to give it up. */
  webrtc(open: boolean, route: Route): void;
  /** What is shown, or by which way, is another. */
  onChange(): void;
  /** What VNC showed last, which ended. */
  onLast(picture: HTMLCanvasElement): void;
  /** What a window tells of the room. */
  window: Omit<WindowPorts, 'onPicture' | 'onEnd'>;
}

/** The ways to the picture: opens and closes them as core/path decides. */
export class Ways {
  state: PathState = $state.raw(start(choice(), performance.now()));
  #ports: WaysPorts;
  #host: HTMLElement | null = null;
  #window: VncWindow | null = null;
  #opening = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(ports: WaysPorts) {
    this.#ports = ports;
  }

  /** The window, while it is what the person sees. */
  get window(): VncWindow | null {
    return this.state.shown === 'vnc' && this.state.good.vnc ? this.#window : null;
  }

  /** Where a window's picture goes. */
  set host(host: HTMLElement | null) {
    this.#host = host;
    this.apply();
  }

  /** A way's picture was drawn. */
  shows(path: Path): void {
    if (!this.state.good[path]) this.#step({ type: 'picture', path });
  }

  broken(path: Path, why: Why): void {
    if (this.state.good[path]) this.#step({ type: 'broken', path, why });
  }

  /** Shows the canvas this way from now on, in this tab. */
  pin(pin: Pin): void {
    sessionStorage.setItem(CHOICE, pin);
    this.#step({ type: 'pin', pin });
  }

  /** Figures of the window, null without one. */
  counters(): WindowCounters | null {
    return this.#window?.counters() ?? null;
  }

  /** Opens and closes ways as wanted now. */
  apply(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const now = performance.now();
    const want = wanted(this.state, now);
    // What is shown goes on until the chosen way has a picture.
    const last = this.state.shown === 'webrtc' && !this.state.good.vnc;
    this.#ports.webrtc(want.webrtc || last, routeOf(this.state.pin));
    if (want.vnc && !this.#window && now >= this.#opening) void this.#open();
    if (!want.vnc && this.#window) {
      this.#window.close();
      this.#window = null;
      this.#opening = 0;
      this.broken('vnc', 'none');
      return;
    }
    const again = want.vnc && !this.#window && this.#host ? this.#opening - now : null;
    const wait = due(this.state, now) ?? again;
    if (wait !== null) this.#timer = setTimeout(() => this.apply(), wait);
  }

  /** Begins anew after the person came back. */
  again(): void {
    this.#closed = false;
    this.#opening = 0;
    this.apply();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    const window = this.#window;
    this.#window = null;
    window?.close();
    this.state = { ...this.state, good: { webrtc: false, vnc: false } };
  }

  #step(event: PathEvent): void {
    this.state = step(this.state, event, performance.now());
    this.apply();
    this.#ports.onChange();
  }

  /** Opens the window; its code is only loaded for who needs it. */
  async #open(): Promise<void> {
    const host = this.#host;
    if (!host) return;
    this.#opening = performance.now() + AGAIN_MS;
    try {
      const [{ VncWindow }, pass] = await Promise.all([
        import('../../vnc/window'),
        this.#ports.admission(),
      ]);
      if (this.#closed || this.#window) return;
      if (!wanted(this.state, performance.now()).vnc) {
        this.#opening = 0;
        return;
      }
      const window: VncWindow = new VncWindow(host, pass.url, pass.token, {
        ...this.#ports.window,
        onPicture: () => this.shows('vnc'),
        onEnd: (why, last) => {
          if (this.#window !== window) return;
          this.#window = null;
          if (this.state.shown === 'vnc' && this.state.good.vnc) this.#ports.onLast(last);
          console.warn('easel: VNC ended:', why);
          this.broken('vnc', 'ended');
          this.apply();
        },
      });
      this.#window = window;
    } catch (error) {
      if (!this.#ports.refused(error)) console.warn('easel: no VNC', error);
    }
  }
}

function choice(): Pin {
  const pin = sessionStorage.getItem(CHOICE);
  return PINS.find((known) => known === pin) ?? 'auto';
}
