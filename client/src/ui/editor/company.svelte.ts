import { type Line, withLine, withoutOldFiles } from '../../core/chat';
import { type Burst, type Ghost, Presence, type Stroke } from '../../core/presence';
import type { View } from '../../core/view';
import { MAX_INK_POINTS, type PresenceMessage, type ViewRect } from '../../core/wire';

/** The way out: to the others in the room. */
export interface CompanyPorts {
  me(): string;
  show(message: PresenceMessage, reliable: boolean): void;
  say(text: string): Promise<Line>;
  share(file: File): Promise<Line>;
}

/** How often a pointer, ink or a view is sent, at most. */
const SEND_MS = 33;

/**
 * The others at a canvas: where they point and mark, what they say, whose view
 * is followed; and what this person shows them.
 */
export class Company {
  ghosts: Ghost[] = $state.raw([]);
  strokes: Stroke[] = $state.raw([]);
  bursts: Burst[] = $state.raw([]);
  presenter: { identity: string; view: ViewRect } | null = $state.raw(null);
  lines: readonly Line[] = $state.raw([]);
  /** Lines that came while the chat was closed. */
  unread = $state(0);
  /** Whether the chat is open. */
  reading = $state(false);
  /** This person holds the marker: the hand points and marks instead of drawing. */
  marking = $state(false);
  /** Everyone is invited to this person's view. */
  presenting = $state(false);
  /** This person's view goes with the presenter's. */
  following = $state(true);
  /** What this person looks at; null: all of it. */
  view: View | null = $state.raw(null);

  /** Told of lines that came while the chat is closed. */
  onUnread: (line: Line) => void = () => {};

  #ports: CompanyPorts;
  #presence = new Presence();
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #outgoing: { message: PresenceMessage; reliable: boolean }[] = [];
  #sending: ReturnType<typeof setTimeout> | undefined;
  #stroke = Math.floor(Math.random() * 0x8000);
  #seen: ViewRect | null = null;

  constructor(ports: CompanyPorts) {
    this.#ports = ports;
  }

  /** Takes what somebody showed; '' is the server, which tells of all pointers. */
  take(message: PresenceMessage, from: string): void {
    const presented = this.#presence.presenter?.identity;
    this.#presence.take(message, from, performance.now());
    // A new presenter is followed until this person looks elsewhere.
    if (this.#presence.presenter && this.#presence.presenter.identity !== presented) {
      this.following = true;
      if (this.#presence.presenter.identity !== this.#ports.me()) this.presenting = false;
    }
    this.#refresh();
  }

  /** Keeps only what belongs to those who are here. */
  keep(here: ReadonlySet<string>): void {
    this.#presence.keep(here);
    this.#refresh();
  }

  heard(line: Line): void {
    const before = this.lines;
    this.lines = withoutOldFiles(withLine(before, line), URL.revokeObjectURL);
    if (this.lines === before || line.mine || this.reading) return;
    this.unread++;
    this.onUnread(line);
  }

  read(open: boolean): void {
    this.reading = open;
    if (open) this.unread = 0;
  }

  async say(text: string): Promise<void> {
    this.heard(await this.#ports.say(text));
  }

  async share(file: File): Promise<void> {
    this.heard(await this.#ports.share(file));
  }

  /** Shows the others where this person points. */
  point(x: number, y: number, shown: boolean): void {
    this.#send({ type: 'pointer', x, y, shown, marks: this.marking }, false);
  }

  /** Begins a mark; its points follow. */
  begin(): void {
    this.#stroke = (this.#stroke + 1) & 0xffff;
  }

  mark(points: [number, number][], ends: boolean): void {
    this.#presence.ink(this.#ports.me(), this.#stroke, points, performance.now());
    this.#refresh();
    const last = this.#outgoing.find((o) => o.message.type === 'ink')?.message;
    if (
      last?.type === 'ink' &&
      last.stroke === this.#stroke &&
      last.points.length + points.length <= MAX_INK_POINTS
    ) {
      last.points.push(...points);
      last.ends = ends;
      return;
    }
    this.#send({ type: 'ink', stroke: this.#stroke, ends, points: [...points] }, true);
  }

  react(which: number, x: number, y: number): void {
    const message: PresenceMessage = { type: 'reaction', which, x, y };
    this.take(message, this.#ports.me());
    this.#send(message, true);
  }

  /** Invites everyone to this person's view, or lets them go. */
  present(on: boolean): void {
    this.presenting = on;
    const view = on && this.#seen ? this.#seen : { left: 0, top: 0, width: 0, height: 0 };
    if (on && view.width === 0) return; // until it is known what is seen
    this.#send({ type: 'view', ...view }, true);
  }

  /** Told what part of the display this person sees. */
  sees(part: ViewRect): void {
    const same =
      this.#seen &&
      (['left', 'top', 'width', 'height'] as const).every((k) => this.#seen?.[k] === part[k]);
    if (same) return;
    this.#seen = part;
    if (this.presenting && part.width > 0) this.#send({ type: 'view', ...part }, true);
  }

  /** The room was entered anew: the others have to be told again. */
  entered(): void {
    if (this.presenting) this.present(true);
  }

  close(): void {
    clearTimeout(this.#expiry);
    clearTimeout(this.#sending);
  }

  /** Queues a message; of pointers and views only the latest is worth sending. */
  #send(message: PresenceMessage, reliable: boolean): void {
    if (message.type === 'pointer' || message.type === 'view') {
      this.#outgoing = this.#outgoing.filter((o) => o.message.type !== message.type);
    }
    this.#outgoing.push({ message, reliable });
    if (this.#sending === undefined) this.#flush();
  }

  /** Sends what waits, and again after a while if more came. */
  #flush(): void {
    for (const { message, reliable } of this.#outgoing) this.#ports.show(message, reliable);
    this.#outgoing = [];
    this.#sending = setTimeout(() => {
      this.#sending = undefined;
      if (this.#outgoing.length > 0) this.#flush();
    }, SEND_MS);
  }

  #refresh(): void {
    clearTimeout(this.#expiry);
    const next = this.#presence.expire(performance.now());
    if (Number.isFinite(next)) this.#expiry = setTimeout(() => this.#refresh(), Math.ceil(next));
    const me = this.#ports.me();
    this.ghosts = this.#presence.ghosts().filter((g) => g.identity !== me);
    this.strokes = this.#presence.strokes();
    this.bursts = this.#presence.bursts();
    const presenter = this.#presence.presenter;
    this.presenter = presenter?.identity === me ? null : presenter;
  }
}
