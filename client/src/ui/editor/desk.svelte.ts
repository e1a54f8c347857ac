import type { RemoteVideoTrack } from 'livekit-client';
import { api, type Pass, type Role } from '../../core/api';
import { ExactWatch } from '../../core/exact';
import { type Display, sameDisplay } from '../../core/geometry';
import { Hand } from '../../core/input/hand';
import { PhotonMeter } from '../../core/latency';
import type { Layer } from '../../core/layers';
import type { Path, Route } from '../../core/path';
import { GREY } from '../../core/presence';
import { PULSE_MS, Pulse } from '../../core/pulse';
import { type Report, viaOf } from '../../core/quality';
import { Revival } from '../../core/revival';
import { type LostReason, type Person, RoomLink } from '../../core/room/link';
import {
  type LinkState,
  type Move,
  refusalOf,
  type Situation,
  sentence,
  standingOf,
} from '../../core/standing';
import {
  type Asking,
  type CursorPosition,
  type CursorShape,
  Kind,
  type Lease,
} from '../../core/wire';
import { Company } from './company.svelte';
import { Copies } from './copies.svelte';
import { Shelf } from './shelf.svelte';
import { Ways, type WaysPorts } from './ways.svelte';

/** Something people should know; it goes by itself. */
export interface Notice {
  id: number;
  text: string;
  action?: { label: string; run(): void } | undefined;
}

/** An attempt to draw that did not succeed, in client coordinates. */
export interface Tried {
  x: number;
  y: number;
  /** What the standing does not say; '' for nothing. */
  reason: string;
}

const REPORT_MS = 5000;
/** How often a picture that needs no other is asked for. */
const REFRESH_MS = 400;
const NOTICE_MS = 8000;
/** Waits between attempts to come back, in milliseconds; the last one repeats. */
const AGAIN_MS = [500, 1000, 2000];
/** The same while nobody looks. */
const UNSEEN_MS = 30_000;
/** Waits differ by up to this much, so that not everybody comes back at once. */
const SPREAD = 0.25;
/** A token is used again for so long, so that whoever comes back is the same person. */
const PASS_MS = 45 * 60_000;
/** After so many failed attempts the connection counts as lost, though they go on. */
const PATIENCE = 3;

const defer = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/**
 * One person at the canvas of one session: the connection and what came over
 * it, who draws, and the hand. Coming back after a loss is its business.
 */
export class Desk {
  link: LinkState = $state('connecting');
  /** Set when the connection ended and nobody tries again. */
  lost: LostReason | null = $state(null);
  /** The server's last refusal to let this person in. */
  refusal: Error | null = $state.raw(null);
  role: Role = $state('viewer');
  me = $state('');
  people: Person[] = $state.raw([]);
  display: Display | null = $state.raw(null);
  lease: Lease | null = $state.raw(null);
  track: RemoteVideoTrack | null = $state.raw(null);
  /** Whether a frame of the track was shown. */
  picture = $state(false);
  /** Whether the picture is the display, pixel by pixel. */
  exact = $state(false);
  shape: CursorShape | null = $state.raw(null);
  notices: Notice[] = $state.raw([]);
  /** Set when this person tried to draw in vain: where, and what is special about it. */
  tried: Tried | null = $state.raw(null);

  readonly standing = $derived.by(() => standingOf(this.#situation(this.picture)));

  /** Whether others could draw too. */
  readonly shared = $derived.by(() => this.people.filter((p) => p.role !== 'viewer').length > 1);

  /** Whether the display follows this person's window: not stroke by stroke. */
  readonly sizes = $derived.by(
    () => this.lease?.holder === this.me && !(this.shared && this.lease?.rules.policy === 'open'),
  );

  /** Whether this person's view is the presenter's: nobody's canvas moves under their hand. */
  readonly follows = $derived.by(
    () => this.company.presenter !== null && this.company.following && !this.standing.mayDraw,
  );

  /** Others who would like to draw, while this person may hand over. */
  readonly waiting = $derived.by(() => {
    const mine = this.lease?.holder === this.me;
    if (!mine && this.role !== 'owner') return [];
    return (this.lease?.waiting ?? []).filter((identity) => identity !== this.me);
  });

  readonly meter: PhotonMeter;
  readonly hand: Hand;
  readonly #exact = new ExactWatch((is) => {
    this.exact = is;
  });
  readonly copies: Copies;
  /** The session's files. */
  readonly shelf: Shelf;
  /** The ways that the picture comes. */
  readonly ways: Ways;
  /** The others: pointers, marks, chat, views. */
  readonly company = new Company({
    me: () => this.me,
    show: (message, reliable) => this.#outward?.show(message, reliable),
    say: (text) => this.#outward?.say(text) ?? Promise.reject(new Error('not connected')),
    share: (file) => this.#link?.share(file) ?? Promise.reject(new Error('not connected')),
  });
  /** Told where the remote pointer is, past Svelte: it comes with every move. */
  onPointer: (position: CursorPosition) => void = () => {};
  /** Told what was shown last by a way that takes its picture along. */
  onLast: (picture: HTMLCanvasElement) => void = () => {};
  /** Told when the lease came or went. */
  onHold: () => void = () => {};

  readonly session: string;
  /** Names this window to the server: whoever comes back with it is the same one. */
  #window = [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => (byte % 36).toString(36))
    .join('');
  #name: string | undefined;
  #link: RoomLink | null = null;
  #layer: Layer = 'full';
  #route: Route = 'any';
  #entry = '';
  #asking = false;
  #last = { x: 0, y: 0 };
  /** Why the display is not as it was last asked for. */
  #unfit = '';
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Whether the next attempt is only waited for. */
  #waiting = false;
  #report: ReturnType<typeof setInterval>;
  #noticeId = 0;
  #closed = false;
  /** How the connection of the room is, whatever shows the picture. */
  #rtc: LinkState = 'connecting';
  #pass: { pass: Pass; until: number } | null = null;
  #pulse = new Pulse();
  /** Of a connection that stalls. */
  #revival: Revival | null = null;
  /** The number of the last echo asked for. */
  #echo = 0;
  #pulsing: ReturnType<typeof setInterval>;
  #refreshed = 0;
  #shown: Path | null = null;
  /** The same while its picture goes on. */
  #alive: Path | null = null;
  /** The way that the server and the page's observers were told of. */
  #told = '';

  constructor(session: string, name?: string) {
    this.session = session;
    this.#name = name;
    this.meter = new PhotonMeter(performance.timeOrigin, (detail) =>
      window.dispatchEvent(new CustomEvent('easel:photon', { detail })),
    );
    const outlet = (packet: Uint8Array<ArrayBuffer>, reliable: boolean) => {
      const { window } = this.ways;
      if (window) this.hand.arrived(window.sendInput(packet));
      else this.#link?.sendInput(packet, reliable);
    };
    this.hand = new Hand(outlet, this.meter, defer);
    this.copies = new Copies({
      send: (packet) => this.#outward?.sendClipboard(packet),
      draws: () => this.standing.mayDraw,
      notify: (text, action) => this.notify(text, action),
    });
    this.ways = new Ways({
      admission: () => this.#admission(),
      refused: (error) => this.#refused(error),
      webrtc: (open, route) => this.#want(open, route),
      onChange: () => {
        this.#relink();
        this.#seen();
      },
      onLast: (picture) => this.onLast(picture),
      window: this.#windowPorts(),
    });
    this.shelf = new Shelf(session, (...notice) => this.notify(...notice));
    this.#report = setInterval(() => {
      this.#sendReport();
      void this.#tellWay();
    }, REPORT_MS);
    this.#pulsing = setInterval(() => void this.#feel(), PULSE_MS);
    addEventListener('online', this.#hurry);
    document.addEventListener('visibilitychange', this.#hurry);
    this.ways.apply();
  }

  nameOf(identity: string): string {
    return this.people.find((p) => p.identity === identity)?.name ?? 'Somebody';
  }

  /** The colour that somebody is shown in. */
  colourOf(identity: string): string {
    return this.people.find((p) => p.identity === identity)?.colour ?? GREY;
  }

  /** Tries to come back now. */
  retry(): void {
    this.lost = null;
    this.#attempt = 0;
    this.#rtc = 'reconnecting';
    this.#relink();
    this.#drop();
    this.ways.again();
  }

  /**
   * Asks for control of the canvas, or gives it back. Asking tries to take
   * first: the canvas of a holder gone quiet needs nobody's leave.
   */
  control(move: Move): void {
    this.#asking = move === 'request';
    this.#outward?.ask({ type: this.#asking ? 'take' : move });
  }

  /** Asks for a picture that needs no other: the window shows none. */
  refresh(): void {
    this.#link?.ask({ type: 'refresh' });
  }

  /** Hands control to somebody. */
  grant(to: string): void {
    this.decide({ type: 'grant', to });
  }

  /** Decides something about somebody or the room; the server knows who may. */
  decide(what: Asking): void {
    this.#outward?.ask(what);
  }

  /** Somebody pressed here, and may not draw. */
  blocked(at: { x: number; y: number } | undefined, reason = ''): void {
    this.#last = at ?? this.#last;
    this.tried = { ...this.#last, reason };
    const detail = { reason: reason || this.standing.text };
    window.dispatchEvent(new CustomEvent('easel:blocked', { detail }));
  }

  /** Remembers where a press was made, for what the server says about it. */
  pressed(at: { x: number; y: number }): void {
    this.#last = at;
    this.tried = null;
  }

  /** Asks for another display; the holder may. */
  resize({ width, height, scale }: Display): void {
    this.hand.send({ kind: Kind.Resize, width, height, scale }, performance.now());
  }

  /** A frame of the track is on screen. */
  presented(rtpTimestamp: number): void {
    this.meter.presented(rtpTimestamp, performance.now());
    this.#exact.presented(rtpTimestamp);
  }

  prefer(layer: Layer): void {
    this.#layer = layer;
    this.#link?.prefer(layer);
  }

  /** A frame of the track was drawn. */
  shows(): void {
    if (this.#revival && !this.#revival.proven) return; // the hand may not get through yet
    if (this.ways.window && this.hand.pressed) return; // a stroke ends where it began
    this.#revival = null;
    this.#pulse.heard(performance.now());
    this.picture = true;
    this.ways.shows('webrtc');
  }

  stats(): Promise<RTCStatsReport | undefined> {
    return this.#link?.stats() ?? Promise.resolve(undefined);
  }

  /** Tells something; it goes by itself unless it stays until it is dismissed. */
  notify(text: string, action?: Notice['action'], stays = false): number {
    const id = ++this.#noticeId;
    this.notices = [...this.notices, { id, text, action }].slice(-3);
    if (!stays) setTimeout(() => this.dismiss(id), NOTICE_MS);
    return id;
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((n) => n.id !== id);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#report);
    clearInterval(this.#pulsing);
    removeEventListener('online', this.#hurry);
    document.removeEventListener('visibilitychange', this.#hurry);
    this.#link?.close();
    this.ways.close();
    this.company.close();
    this.shelf.close();
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#waiting = false;
    this.#revival = null;
    this.#link?.close();
    const link = this.#open();
    this.#link = link;
    try {
      const pass = await this.#admission();
      if (this.#stale(link)) return;
      this.role = pass.role;
      this.me = pass.identity;
      await link.connect(pass.url, pass.token);
    } catch (error) {
      if (this.#stale(link)) return;
      if (!this.#refused(error)) this.#tryAgain();
    }
  }

  /** The connection through which this person speaks: the one that shows the picture. */
  get #outward() {
    return this.ways.window ?? this.#link;
  }

  /** Opens the room's connection or gives it up. */
  #want(open: boolean, route: Route): void {
    if (this.#closed || this.lost) return;
    if (!open) {
      if (this.#link) this.#drop();
      return;
    }
    this.#route = route;
    if (this.#link && this.#link.route !== route) this.#rtc = 'reconnecting';
    if (this.#link?.route !== route) void this.#connect();
  }

  #drop(): void {
    clearTimeout(this.#retry);
    this.#link?.close();
    this.#link = null;
    this.track = null;
    this.ways.broken('webrtc', 'chosen');
  }

  /** What opens the room: the same as before while it can be. */
  async #admission(): Promise<Pass> {
    const now = performance.now();
    if (this.#pass && now < this.#pass.until) return this.#pass.pass;
    const pass = await api.pass(this.session, this.#window, this.#name);
    this.#pass = { pass, until: now + PASS_MS };
    this.role = pass.role;
    return pass;
  }

  /** Whether the server said no, which trying again does not change. */
  #refused(error: unknown): boolean {
    const status = (error as { status?: number }).status ?? 0;
    if (!(error instanceof Error) || status < 400 || status >= 500) return false;
    this.refusal = error;
    this.#leave('removed');
    return true;
  }

  /** Stays away for good: the server, or another window, wants it so. */
  #leave(why: LostReason): void {
    clearTimeout(this.#retry);
    this.ways.close();
    this.#pass = null;
    this.lost = why;
    this.#rtc = 'lost';
    this.#relink();
  }

  #linked(): LinkState {
    if (this.ways.window) return 'connected';
    // Who has seen the canvas and is not there comes back, and does not join.
    const back = this.ways.state.shown && (!this.#link || this.#rtc === 'connecting');
    return back ? 'reconnecting' : this.#rtc;
  }

  /** How this person is connected is how the way is that they see. */
  #relink(): void {
    const { shown, good } = this.ways.state;
    this.link = this.#linked();
    if (this.ways.window) this.picture = true;
    this.#exact.live(this.link === 'connected' && shown === 'webrtc' && good.webrtc);
    // What was held by the way before is let go of there; the hand begins anew.
    if (shown !== this.#shown) this.onHold();
    this.#shown = shown;
    this.#hold();
  }

  /** Another way shows the canvas, or the same one again: since now. */
  #seen(): void {
    const { shown, good, why } = this.ways.state;
    const now = shown && good[shown] ? shown : null;
    if (now === this.#alive) return;
    this.#alive = now;
    if (!shown || !now) return;
    const detail = { shown, why, at: performance.now() };
    window.dispatchEvent(new CustomEvent('easel:way', { detail }));
    void this.#tellWay();
  }

  /** Tells the server by which way the canvas comes, when that is another. */
  async #tellWay(): Promise<void> {
    const { shown, good, why } = this.ways.state;
    if (!shown || !good[shown] || this.link !== 'connected') return;
    const report = shown === 'webrtc' ? ((await this.stats()) as Report | undefined) : undefined;
    const way = shown === 'vnc' ? shown : report && viaOf(report);
    if (!way || way === this.#told || this.ways.state.shown !== shown) return;
    const moved = shown === 'webrtc' && this.#told !== '' && this.#told !== 'vnc';
    this.#told = way;
    this.#outward?.ask({ type: 'way', way, code: moved && why === 'best' ? 'moved' : why });
  }

  /** Looks for silence where media should come. */
  async #feel(): Promise<void> {
    const link = this.#link;
    if (!link || this.#rtc !== 'connected') return;
    const found = this.#pulse.feel(performance.now(), document.hidden);
    if (found === 'stalled') {
      this.ways.broken('webrtc', 'stalled');
      this.#revival ??= new Revival(performance.now(), this.#echo);
    }
    if (found || this.#revival) link.echo(String(++this.#echo));
    if (!this.#revival) return;
    const answers = await link.answers();
    if (this.#stale(link) || this.#rtc !== 'connected') return;
    if (this.#revival?.hopeless(performance.now(), answers)) this.#anew();
  }

  /** Tries to come back now, if it does not just that. */
  #hurry = (): void => {
    if (document.hidden || this.lost || !this.#waiting) return;
    this.#attempt = 0;
    this.#anew();
  };

  /** Replaces the connection; what it showed stays until there is something newer. */
  #anew(): void {
    this.#rtc = 'reconnecting';
    this.ways.broken('webrtc', 'lost');
    this.#relink();
    void this.#connect();
  }

  /** An echo came back: of one asked for since it stalled, the connection lives. */
  #echoed(link: RoomLink, code: string): void {
    this.#revival?.echoed(Number(code));
    if (this.#revival?.proven) this.#heard(link);
  }

  /** Something came by WebRTC: if it shows nothing, a frame will prove it back. */
  #heard(link: RoomLink): void {
    if (this.#revival && !this.#revival.proven) return;
    const now = performance.now();
    this.#pulse.heard(now);
    if (this.ways.state.good.webrtc || !this.track || now - this.#refreshed < REFRESH_MS) return;
    this.#refreshed = now;
    link.ask({ type: 'refresh' });
  }

  #windowPorts(): WaysPorts['window'] {
    return {
      onMe: (identity, entry) => this.#enter(identity, entry),
      onPeople: (people) => this.#meet(people),
      onDisplay: (display, unfit) => this.#sized(display, unfit),
      onLease: (lease) => this.#leased(lease),
      onCursor: (message) => {
        if (message.type === 'shape') this.shape = message.shape;
      },
      onClipboard: (message) => this.copies.hear(message),
      onPresence: (message, from) => this.company.take(message, from),
      onRefused: (code, reason, generation) => this.#deny(code, reason, generation),
      onNotice: (_, text) => this.notify(text),
      onLine: (line) => this.company.heard(line),
    };
  }

  #stale(link: RoomLink): boolean {
    return this.#closed || this.#link !== link;
  }

  #tryAgain(): void {
    const seen = AGAIN_MS[Math.min(this.#attempt, AGAIN_MS.length - 1)] ?? 0;
    const wait = (document.hidden ? UNSEEN_MS : seen) * (1 + SPREAD * (Math.random() - 0.5));
    this.#attempt++;
    // Whoever cannot come back as the same comes back as somebody new.
    if (this.#attempt === PATIENCE && !this.ways.state.good.vnc) this.#pass = null;
    this.#rtc = this.#attempt > PATIENCE ? 'lost' : 'reconnecting';
    this.#relink();
    clearTimeout(this.#retry);
    this.#waiting = true;
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  #open(): RoomLink {
    const link: RoomLink = new RoomLink(
      {
        onState: (state, reason) => {
          if (this.#stale(link)) return;
          if (state === 'lost' && reason && reason !== 'network') {
            this.#leave(reason);
            return;
          }
          if (state !== 'connected') this.ways.broken('webrtc', 'lost');
          if (state === 'lost') {
            this.#tryAgain();
            return;
          }
          this.#rtc = state;
          this.lost = null;
          if (state === 'connected') {
            this.#attempt = 0;
            this.#pulse.heard(performance.now());
            if (this.#revival) this.#revival = new Revival(performance.now(), this.#echo);
            this.#enter(link.identity, link.entry);
          }
          this.#relink();
        },
        onPeople: (people) => this.#meet(people),
        onDisplay: (display, unfit) => this.#sized(display, unfit),
        onLease: (lease) => this.#leased(lease),
        onTrack: (track) => {
          if (!this.ways.window) this.picture = false;
          this.track = track;
          this.meter.restart();
          this.#exact.restart();
          link.prefer(this.#layer);
        },
        onTag: (tag) => this.hand.tagged(tag),
        onExact: (rtpTimestamp) => this.#exact.told(rtpTimestamp),
        onCursor: (message) => {
          if (message.type === 'shape') this.shape = message.shape;
          else this.onPointer(message.position);
        },
        onClipboard: (message) => this.copies.hear(message),
        onRefused: (code, reason, generation) => this.#deny(code, reason, generation),
        onNotice: (_, text) => this.notify(text),
        onPresence: (message, from) => this.company.take(message, from),
        onLine: (line) => this.company.heard(line),
        onHeard: () => this.#heard(link),
        onEcho: (code) => this.#echoed(link, code),
      },
      this.#route,
    );
    return link;
  }

  #deny(code: string, reason: string, generation: number): void {
    if (generation > 0) {
      this.hand.refuse(generation);
      this.#hold();
      this.onHold();
      this.blocked(undefined, refusalOf(code, reason));
      return;
    }
    if (this.#asking && code === 'busy') this.#outward?.ask({ type: 'request' });
    else this.notify(sentence(reason) || 'That is not possible now.');
    this.#asking = false;
  }

  #meet(people: Person[]): void {
    this.people = people;
    this.company.keep(new Set(people.map((p) => p.identity)));
    this.role = people.find((p) => p.me)?.role ?? this.role;
    this.#hold();
  }

  #sized(display: Display | null, unfit: string): void {
    if (!sameDisplay(this.display, display)) this.display = display;
    if (unfit && unfit !== this.#unfit && this.sizes) {
      this.notify(`The canvas does not fit your window: ${unfit}.`);
    }
    this.#unfit = unfit;
  }

  #leased(lease: Lease): void {
    // It comes as a message and as metadata; the later one may be older.
    if (lease.revision < (this.lease?.revision ?? 0)) return;
    this.lease = lease;
    this.#hold();
  }

  /** Entered anew by the way that is shown, leases and input are counted anew. */
  #enter(me: string, entry: string): void {
    this.me = me;
    if (entry === this.#entry) return;
    this.#entry = entry;
    this.#told = '';
    // The hand by VNC goes on: only the connection beside it is new.
    if (!this.ways.window) {
      this.lease = null;
      this.hand.reset();
    }
    this.copies.reset();
    this.company.entered();
  }

  /**
   * The hand draws exactly while the lease is this person's and the link is up. A
   * lease that a press may take is on offer.
   */
  #hold(): void {
    const lease = this.link === 'connected' ? this.lease : null;
    const before = this.hand.draws;
    if (lease && lease.holder === this.me) this.hand.hold(lease.generation);
    else this.hand.offer(standingOf(this.#situation(true)).offered);
    if (this.hand.draws !== before) this.onHold();
  }

  #situation(picture: boolean): Situation {
    const { link, me, role, lease } = this;
    return { link, picture, me, role, lease, nameOf: (identity) => this.nameOf(identity) };
  }

  #sendReport(): void {
    if (this.link !== 'connected') return;
    const photonMs = this.meter.drain();
    if (photonMs.length > 0) this.#outward?.ask({ type: 'report', photonMs });
  }
}
