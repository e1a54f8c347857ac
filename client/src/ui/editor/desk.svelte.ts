import type { Role } from '../../core/api';
import { ExactWatch } from '../../core/exact';
import { type Display, sameDisplay } from '../../core/geometry';
import { PhotonMeter } from '../../core/latency';
import type { Path } from '../../core/path';
import { GREY } from '../../core/presence';
import type { Person } from '../../core/room/link';
import type { LinkState } from '../../core/standing';
import type { CursorPosition, CursorShape } from '../../core/wire';
import type { WindowPorts } from '../../vnc/window';
import { Admission } from './admission';
import { Company } from './company.svelte';
import { Connection } from './connection.svelte';
import { Control } from './control.svelte';
import { Copies } from './copies.svelte';
import { Notices } from './notices.svelte';
import { Reports } from './reports';
import { Shelf } from './shelf.svelte';
import { Ways } from './ways.svelte';

/**
 * One person at the canvas of one session: who they are, what they see of it, and
 * the parts that do the work, tied together.
 */
export class Desk {
  /** How this person is connected, by the way that they see. */
  link: LinkState = $state('connecting');
  role: Role = $state('viewer');
  me = $state('');
  people: Person[] = $state.raw([]);
  display: Display | null = $state.raw(null);
  /** Whether a frame of the track was shown. */
  picture = $state(false);
  /** Whether the picture is the display, pixel by pixel. */
  exact = $state(false);
  shape: CursorShape | null = $state.raw(null);

  /** Whether others could draw too. */
  readonly shared = $derived.by(() => this.people.filter((p) => p.role !== 'viewer').length > 1);

  /** Whether this person's view is the presenter's: nobody's canvas moves under their hand. */
  readonly follows = $derived.by(
    () =>
      this.company.presenter !== null && this.company.following && !this.control.standing.mayDraw,
  );

  readonly session: string;
  readonly notices = new Notices();
  readonly meter: PhotonMeter;
  /** Who draws, and the hand. */
  readonly control: Control;
  readonly copies: Copies;
  /** The session's files. */
  readonly shelf: Shelf;
  /** The room by WebRTC. */
  readonly connection: Connection;
  /** The ways that the picture comes. */
  readonly ways: Ways;
  /** The others: pointers, marks, chat, views. */
  readonly company = new Company({
    me: () => this.me,
    show: (message, reliable) => this.#outward?.show(message, reliable),
    say: (text) => this.#outward?.say(text) ?? Promise.reject(new Error('not connected')),
    share: (file) =>
      this.connection.link?.share(file) ?? Promise.reject(new Error('not connected')),
  });
  /** Told where the remote pointer is, past Svelte: it comes with every move. */
  onPointer: (position: CursorPosition) => void = () => {};
  /** Told what was shown last by a way that takes its picture along. */
  onLast: (picture: HTMLCanvasElement) => void = () => {};

  readonly #exact = new ExactWatch((is) => {
    this.exact = is;
  });
  readonly #reports: Reports;
  #entry = '';
  /** Why the display is not as it was last asked for. */
  #unfit = '';
  #shown: Path | null = null;

  constructor(session: string, name?: string) {
    this.session = session;
    const admission = new Admission(session, name, ({ role }) => {
      this.role = role;
    });
    this.meter = new PhotonMeter(performance.timeOrigin, (detail) =>
      window.dispatchEvent(new CustomEvent('easel:photon', { detail })),
    );
    this.control = this.#controls();
    this.copies = new Copies({
      send: (packet) => this.#outward?.sendClipboard(packet),
      draws: () => this.control.standing.mayDraw,
      notify: (text, action) => this.notices.tell(text, action),
    });
    this.shelf = new Shelf(session, (...notice) => this.notices.tell(...notice));
    this.connection = this.#connects(admission);
    this.ways = new Ways({
      admission: () => admission.pass(),
      refused: (error) => this.connection.refused(error),
      webrtc: (open, route) => this.connection.want(open, route),
      onChange: () => {
        this.#relink();
        this.#reports.seen();
      },
      onLast: (picture) => this.onLast(picture),
      window: { ...this.#hears(), onMe: (identity, entry) => this.#enter(identity, entry) },
    });
    this.#reports = new Reports({
      connected: () => this.link === 'connected',
      ways: () => this.ways.state,
      stats: () => this.connection.stats(),
      drain: () => this.meter.drain(),
      ask: (what) => this.#outward?.ask(what),
    });
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
    this.connection.restart();
    this.ways.again();
  }

  /** A frame of the track is on screen. */
  presented(rtpTimestamp: number): void {
    this.meter.presented(rtpTimestamp, performance.now());
    this.#exact.presented(rtpTimestamp);
  }

  /** A frame of the track was drawn. */
  shows(): void {
    if (!this.connection.proven) return; // the hand may not get through yet
    if (this.ways.window && this.control.hand.pressed) return; // a stroke ends where it began
    this.connection.shows();
    this.picture = true;
    this.ways.shows('webrtc');
  }

  close(): void {
    this.#reports.close();
    this.connection.close();
    this.ways.close();
    this.company.close();
    this.shelf.close();
  }

  #controls(): Control {
    return new Control(
      {
        situation: () => {
          const { link, picture, me, role } = this;
          return { link, picture, me, role, nameOf: (identity) => this.nameOf(identity) };
        },
        shared: () => this.shared,
        ask: (what) => this.#outward?.ask(what),
        notify: (text) => this.notices.tell(text),
      },
      (packet, reliable) => {
        const { window } = this.ways;
        if (window) this.control.hand.arrived(window.sendInput(packet));
        else this.connection.link?.sendInput(packet, reliable);
      },
      this.meter,
    );
  }

  #connects(admission: Admission): Connection {
    const hears = this.#hears();
    return new Connection(admission, {
      good: () => this.ways.state.good,
      broken: (why) => this.ways.broken('webrtc', why),
      onChange: () => this.#relink(),
      onPass: (pass) => {
        this.role = pass.role;
        this.me = pass.identity;
      },
      onEnter: (identity, entry) => this.#enter(identity, entry),
      onTrack: () => {
        if (!this.ways.window) this.picture = false;
        this.meter.restart();
        this.#exact.restart();
      },
      onLeave: () => this.ways.close(),
      room: {
        ...hears,
        onTag: (tag) => this.control.hand.tagged(tag),
        onExact: (rtpTimestamp) => this.#exact.told(rtpTimestamp),
        onCursor: (message) => {
          if (message.type === 'position') this.onPointer(message.position);
          else hears.onCursor(message);
        },
      },
    });
  }

  /** What the room tells by either way. */
  #hears(): Omit<WindowPorts, 'onPicture' | 'onEnd' | 'onMe'> {
    return {
      onPeople: (people) => this.#meet(people),
      onDisplay: (display, unfit) => this.#sized(display, unfit),
      onLease: (lease) => this.control.leased(lease),
      onCursor: (message) => {
        if (message.type === 'shape') this.shape = message.shape;
      },
      onClipboard: (message) => this.copies.hear(message),
      onPresence: (message, from) => this.company.take(message, from),
      onRefused: (code, reason, generation) => this.control.refused(code, reason, generation),
      onNotice: (_, text) => this.notices.tell(text),
      onLine: (line) => this.company.heard(line),
    };
  }

  /** The connection through which this person speaks: the one that shows the picture. */
  get #outward() {
    return this.ways.window ?? this.connection.link;
  }

  #linked(): LinkState {
    if (this.ways.window) return 'connected';
    const { link, state } = this.connection;
    // Who has seen the canvas and is not there comes back, and does not join.
    const back = this.ways.state.shown && (!link || state === 'connecting');
    return back ? 'reconnecting' : state;
  }

  /** How this person is connected is how the way is that they see. */
  #relink(): void {
    const { shown, good } = this.ways.state;
    this.link = this.#linked();
    if (this.ways.window) this.picture = true;
    this.#exact.live(this.link === 'connected' && shown === 'webrtc' && good.webrtc);
    // What was held by the way before is let go of there; the hand begins anew.
    if (shown !== this.#shown) this.control.onHold();
    this.#shown = shown;
    this.control.hold();
  }

  #meet(people: Person[]): void {
    this.people = people;
    this.company.keep(new Set(people.map((p) => p.identity)));
    this.role = people.find((p) => p.me)?.role ?? this.role;
    this.control.hold();
  }

  #sized(display: Display | null, unfit: string): void {
    if (!sameDisplay(this.display, display)) this.display = display;
    if (unfit && unfit !== this.#unfit && this.control.sizes) {
      this.notices.tell(`The canvas does not fit your window: ${unfit}.`);
    }
    this.#unfit = unfit;
  }

  /** Entered anew by the way that is shown, leases and input are counted anew. */
  #enter(me: string, entry: string): void {
    this.me = me;
    if (entry === this.#entry) return;
    this.#entry = entry;
    this.#reports.restart();
    // The hand by VNC goes on: only the connection beside it is new.
    if (!this.ways.window) this.control.reset();
    this.copies.reset();
    this.company.entered();
  }
}
