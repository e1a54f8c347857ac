import type { Role } from '../core/api';
import type { Line } from '../core/chat';
import { type Display, parseDisplay } from '../core/geometry';
import { colourAt } from '../core/presence';
import { PULSE_MS, Pulse } from '../core/pulse';
import { RfbHand } from '../core/rfbhand';
import type { Person } from '../core/room/link';
import {
  type Asking,
  type ClipboardMessage,
  type CursorMessage,
  decodeClipboard,
  decodeControl,
  decodeCursor,
  decodePresence,
  encodeControl,
  encodePresence,
  type Lease,
  leaseOfMetadata,
  type PresenceMessage,
  Topic,
} from '../core/wire';
import {
  COLOUR,
  DISPLAY,
  dataWord,
  readWord,
  roleOf,
  SCALE,
  UNFIT,
  type Word,
  type WordLine,
} from '../core/words';
import { Channel } from './channel';
import { Screen } from './screen';

/** What a window tells. Calls stop with close(). */
export interface WindowPorts {
  /** An update of the picture was drawn. */
  onPicture(): void;
  /** The connection ended; why, for people, and what it showed last. */
  onEnd(why: string, last: HTMLCanvasElement): void;
  onMe(identity: string, sid: string): void;
  onPeople(people: Person[]): void;
  onDisplay(display: Display | null, unfit: string): void;
  onLease(lease: Lease): void;
  onCursor(message: CursorMessage): void;
  onClipboard(message: ClipboardMessage): void;
  onPresence(message: PresenceMessage, from: string): void;
  onRefused(code: string, reason: string, generation: number): void;
  onNotice(code: string, text: string): void;
  onLine(line: Line): void;
}

/** What the quality panel shows of a window. */
export interface WindowCounters {
  bytes: number;
  updates: number;
  dialect: string;
  /** Of the last echo; null before there was one. */
  roundTripMs: number | null;
}

/**
 * How much silence means that it stalls. TCP holds everything back for a lost
 * packet, and a large piece of a picture comes whole or not yet.
 */
const STALL_MS = 5000;

/** The canvas by VNC: the picture as RFB, and the room in words. */
export class VncWindow {
  #channel: Channel;
  #screen: Screen;
  #hand: RfbHand;
  #ports: WindowPorts;
  #over = false;
  #pulse = new Pulse(STALL_MS);
  #pulsing = setInterval(() => this.#feel(), PULSE_MS);
  /** When the echo was asked for that has not come yet. */
  #asked: number | null = null;
  #roundTrip: number | null = null;
  #me = '';
  #said = 0;
  /** Tells this window's messages from those of another window of the same person. */
  readonly #mark = Math.random().toString(36).slice(2);

  /** url is the server's, ws:// or wss://; the picture goes into target. */
  constructor(target: Element, url: string, token: string, ports: WindowPorts) {
    this.#ports = ports;
    const at = `${url.replace(/\/$/, '')}/rfb?access_token=${encodeURIComponent(token)}`;
    this.#channel = new Channel(
      at,
      (word) => this.#hear(word),
      () => this.#pulse.heard(performance.now()),
    );
    this.#screen = new Screen(target, this.#channel, () => {
      if (!this.#over) ports.onPicture();
    });
    this.#hand = new RfbHand(this.#screen);
    this.#screen.addEventListener('disconnect', (event) => {
      const { reason } = (event as CustomEvent<{ reason?: string }>).detail;
      this.#end(reason || 'the connection ended');
    });
  }

  /** Passes a packet of input on; returns the last sequence that it held. */
  sendInput(packet: Uint8Array): { generation: number; sequence: number } {
    return this.#hand.say(packet);
  }

  ask(control: Asking): void {
    this.#channel.say(dataWord(Topic.control, encodeControl(control), false));
  }

  sendClipboard(packet: Uint8Array): void {
    this.#channel.say(dataWord(Topic.clipboard, packet, false));
  }

  show(message: PresenceMessage, reliable: boolean): void {
    this.#channel.say(dataWord(Topic.pointer, encodePresence(message), !reliable));
  }

  /** Says something to everyone; the line as it was sent. */
  async say(text: string): Promise<Line> {
    const id = `${this.#mark}-${++this.#said}`;
    if (!this.#channel.say({ type: 'say', id, text })) throw new Error('not connected');
    return { id, identity: this.#me, name: '', text, at: Date.now(), mine: true };
  }

  counters(): WindowCounters {
    const { updates, dialect } = this.#screen;
    const roundTripMs = this.#roundTrip;
    return { bytes: this.#channel.received, updates, dialect, roundTripMs };
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#pulsing);
    this.#hand.release();
    this.#screen.disconnect();
  }

  #end(why: string): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#pulsing);
    this.#ports.onEnd(why, this.#screen.picture);
  }

  /** A WebSocket whose network is gone says nothing about it. */
  #feel(): void {
    if (!this.#channel.open) return;
    const now = performance.now();
    const found = this.#pulse.feel(now, document.hidden);
    if (found) {
      this.#channel.say({ type: 'echo' });
      this.#asked ??= now;
    }
    if (found !== 'stalled') return;
    this.#end('it stalled');
    this.#screen.disconnect();
  }

  #hear(json: string): void {
    if (this.#over) return;
    try {
      const word = readWord(json);
      if (word?.type === 'echo') this.#echoed();
      if (word?.type === 'hello') this.#screen.dialect = word.dialect;
      if (word?.type === 'state') this.#state(word);
      if (word?.type === 'data') this.#data(word);
      if (word?.type === 'said') this.#hearLines(word.lines);
    } catch (error) {
      console.warn('easel: unreadable word', error);
    }
  }

  #echoed(): void {
    if (this.#asked !== null) this.#roundTrip = performance.now() - this.#asked;
    this.#asked = null;
  }

  #state({ me, metadata, people }: Extract<Word, { type: 'state' }>): void {
    const ports = this.#ports;
    this.#me = me;
    ports.onMe(me, people.find((p) => p.identity === me)?.sid ?? '');
    const agent = people.find((p) => p.agent);
    const { [DISPLAY]: size, [SCALE]: scale, [UNFIT]: unfit } = agent?.attributes ?? {};
    ports.onDisplay(parseDisplay(size, scale), unfit ?? '');
    ports.onPeople(
      people
        .filter((p) => !p.agent)
        .map((p) => ({
          identity: p.identity,
          name: p.name || p.identity,
          role: roleOf(p.attributes) as Role,
          colour: colourAt(p.attributes[COLOUR]),
          me: p.identity === me,
        })),
    );
    const lease = leaseOfMetadata(metadata);
    if (lease) ports.onLease(lease);
  }

  #hearLines(lines: WordLine[]): void {
    for (const { id, from, name, text, at } of lines) {
      this.#ports.onLine({ id, identity: from, name, text, at, mine: from === this.#me });
    }
  }

  #data({ topic, from, payload }: Extract<Word, { type: 'data' }>): void {
    const ports = this.#ports;
    if (topic === Topic.cursor) ports.onCursor(decodeCursor(payload));
    if (topic === Topic.clipboard) ports.onClipboard(decodeClipboard(payload));
    if (topic === Topic.pointer) ports.onPresence(decodePresence(payload), from);
    if (topic !== Topic.control) return;
    const control = decodeControl(payload);
    if (control?.type === 'lease') ports.onLease(control.lease);
    if (control?.type === 'refused')
      ports.onRefused(control.code, control.reason, control.generation);
    if (control?.type === 'notice') ports.onNotice(control.code, control.text);
  }
}
