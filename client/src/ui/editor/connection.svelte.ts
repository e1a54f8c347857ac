import type { RemoteVideoTrack } from 'livekit-client';
import type { Pass } from '../../core/api';
import type { Layer } from '../../core/layers';
import type { PathState, Route, Why } from '../../core/path';
import { PULSE_MS, Pulse } from '../../core/pulse';
import { Revival } from '../../core/revival';
import { type LinkPorts, type LostReason, RoomLink } from '../../core/room/link';
import type { LinkState } from '../../core/standing';
import type { Admission } from './admission';

/** How often a picture that needs no other is asked for. */
const REFRESH_MS = 400;
/** Waits between attempts to come back, in milliseconds; the last one repeats. */
const AGAIN_MS = [500, 1000, 2000];
/** The same while nobody looks. */
const UNSEEN_MS = 30_000;
/** Waits differ by up to this much, so that not everybody comes back at once. */
const SPREAD = 0.25;
/** After so many failed attempts the connection counts as lost, though they go on. */
const PATIENCE = 3;

export interface ConnectionPorts {
  /** Which ways' picture goes on. */
  good(): PathState['good'];
  /** WebRTC shows nothing any more. */
  broken(why: Why): void;
  /** The state is another. */
  onChange(): void;
  /** This is who the room lets in. */
  onPass(pass: Pass): void;
  /** The room was entered, as whom and with which entry. */
  onEnter(identity: string, entry: string): void;
  /** The display's picture is another track, or none. */
  onTrack(): void;
  /** Nobody tries again. */
  onLeave(): void;
  /** What else the room tells. */
  room: Omit<LinkPorts, 'onState' | 'onTrack' | 'onHeard' | 'onEcho'>;
}

/**
 * The WebRTC connection to a session's room, for as long as it is wanted: opened,
 * felt for a stall, proven back or replaced, and tried again after a loss.
 */
export class Connection {
  /** Set when the connection ended and nobody tries again. */
  lost: LostReason | null = $state(null);
  /** The server's last refusal to let this person in. */
  refusal: Error | null = $state.raw(null);
  track: RemoteVideoTrack | null = $state.raw(null);
  /** How it is, whatever shows the picture. */
  state: LinkState = 'connecting';

  #ports: ConnectionPorts;
  #admission: Admission;
  #link: RoomLink | null = null;
  #layer: Layer = 'full';
  #route: Route = 'any';
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Whether the next attempt is only waited for. */
  #waiting = false;
  #closed = false;
  #pulse = new Pulse();
  #pulsing = setInterval(() => void this.#feel(), PULSE_MS);
  /** Of a connection that stalls. */
  #revival: Revival | null = null;
  /** The number of the last echo asked for. */
  #echo = 0;
  #refreshed = 0;

  constructor(admission: Admission, ports: ConnectionPorts) {
    this.#admission = admission;
    this.#ports = ports;
    addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
  }

  /** The room, while there is a connection to it or one is tried. */
  get link(): RoomLink | null {
    return this.#link;
  }

  /** Whether what it shows is proven to come from a connection that carries input too. */
  get proven(): boolean {
    return !this.#revival || this.#revival.proven;
  }

  /** Opens the connection by a route, or gives it up. */
  want(open: boolean, route: Route): void {
    if (this.#closed || this.lost) return;
    if (!open) {
      if (this.#link) this.#drop();
      return;
    }
    this.#route = route;
    if (this.#link && this.#link.route !== route) this.state = 'reconnecting';
    if (this.#link?.route !== route) void this.#connect();
  }

  /** Gives up what there is, to begin anew. */
  restart(): void {
    this.lost = null;
    this.#attempt = 0;
    this.state = 'reconnecting';
    this.#ports.onChange();
    this.#drop();
  }

  /** Whether the server said no, which trying again does not change. */
  refused(error: unknown): boolean {
    const status = (error as { status?: number }).status ?? 0;
    if (!(error instanceof Error) || status < 400 || status >= 500) return false;
    this.refusal = error;
    this.#leave('removed');
    return true;
  }

  /** Asks for a picture that needs no other: the window shows none. */
  refresh(): void {
    this.#link?.ask({ type: 'refresh' });
  }

  prefer(layer: Layer): void {
    this.#layer = layer;
    this.#link?.prefer(layer);
  }

  /** A frame was drawn, which ends a stall. */
  shows(): void {
    this.#revival = null;
    this.#pulse.heard(performance.now());
  }

  stats(): Promise<RTCStatsReport | undefined> {
    return this.#link?.stats() ?? Promise.resolve(undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#pulsing);
    removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    this.#link?.close();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#waiting = false;
    this.#revival = null;
    this.#link?.close();
    const link = this.#open();
    this.#link = link;
    try {
      const pass = await this.#admission.pass();
      if (this.#stale(link)) return;
      this.#ports.onPass(pass);
      await link.connect(pass.url, pass.token);
    } catch (error) {
      if (this.#stale(link)) return;
      if (!this.refused(error)) this.#tryAgain();
    }
  }

  #open(): RoomLink {
    const link: RoomLink = new RoomLink(
      {
        ...this.#ports.room,
        onState: (state, reason) => {
          if (!this.#stale(link)) this.#turned(link, state, reason);
        },
        onTrack: (track) => {
          this.track = track;
          this.#ports.onTrack();
          link.prefer(this.#layer);
        },
        onHeard: () => this.#heard(link),
        onEcho: (code) => this.#echoed(link, code),
      },
      this.#route,
    );
    return link;
  }

  #stale(link: RoomLink): boolean {
    return this.#closed || this.#link !== link;
  }

  #turned(link: RoomLink, state: LinkState, reason?: LostReason): void {
    if (state === 'lost' && reason && reason !== 'network') {
      this.#leave(reason);
      return;
    }
    if (state !== 'connected') this.#ports.broken('lost');
    if (state === 'lost') {
      this.#tryAgain();
      return;
    }
    this.state = state;
    this.lost = null;
    if (state === 'connected') {
      this.#attempt = 0;
      this.#pulse.heard(performance.now());
      if (this.#revival) this.#revival = new Revival(performance.now(), this.#echo);
      this.#ports.onEnter(link.identity, link.entry);
    }
    this.#ports.onChange();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    this.#link?.close();
    this.#link = null;
    this.track = null;
    this.#ports.broken('chosen');
  }

  /** Stays away for good: the server, or another window, wants it so. */
  #leave(why: LostReason): void {
    clearTimeout(this.#retry);
    this.#ports.onLeave();
    this.#admission.forget();
    this.lost = why;
    this.state = 'lost';
    this.#ports.onChange();
  }

  #tryAgain(): void {
    const seen = AGAIN_MS[Math.min(this.#attempt, AGAIN_MS.length - 1)] ?? 0;
    const wait = (document.hidden ? UNSEEN_MS : seen) * (1 + SPREAD * (Math.random() - 0.5));
    this.#attempt++;
    // Whoever cannot come back as the same comes back as somebody new.
    if (this.#attempt === PATIENCE && !this.#ports.good().vnc) this.#admission.forget();
    this.state = this.#attempt > PATIENCE ? 'lost' : 'reconnecting';
    this.#ports.onChange();
    clearTimeout(this.#retry);
    this.#waiting = true;
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  /** Tries to come back now, if it does not just that. */
  #hurry = (): void => {
    if (document.hidden || this.lost || !this.#waiting) return;
    this.#attempt = 0;
    this.#anew();
  };

  /** Replaces the connection; what it showed stays until there is something newer. */
  #anew(): void {
    this.state = 'reconnecting';
    this.#ports.broken('lost');
    this.#ports.onChange();
    void this.#connect();
  }

  /** Looks for silence where media should come. */
  async #feel(): Promise<void> {
    const link = this.#link;
    if (!link || this.state !== 'connected') return;
    const found = this.#pulse.feel(performance.now(), document.hidden);
    if (found === 'stalled') {
      this.#ports.broken('stalled');
      this.#revival ??= new Revival(performance.now(), this.#echo);
    }
    if (found || this.#revival) link.echo(String(++this.#echo));
    if (!this.#revival) return;
    const answers = await link.answers();
    if (this.#stale(link) || this.state !== 'connected') return;
    if (this.#revival?.hopeless(performance.now(), answers)) this.#anew();
  }

  /** An echo came back: of one asked for since it stalled, the connection lives. */
  #echoed(link: RoomLink, code: string): void {
    this.#revival?.echoed(Number(code));
    if (this.#revival?.proven) this.#heard(link);
  }

  /** Something came by WebRTC: if it shows nothing, a frame will prove it back. */
  #heard(link: RoomLink): void {
    if (!this.proven) return;
    const now = performance.now();
    this.#pulse.heard(now);
    const shows = this.#ports.good().webrtc || !this.track;
    if (shows || now - this.#refreshed < REFRESH_MS) return;
    this.#refreshed = now;
    link.ask({ type: 'refresh' });
  }
}
