import {
  CLIPBOARD_WINDOW,
  type ClipboardMessage,
  encodeClipboard,
  Format,
  MAX_CLIPBOARD,
  MAX_CLIPBOARD_CHUNK,
  type Offered,
  Reason,
} from '../wire';
import { pngSize } from './png';

/** What was copied, in one format. */
export interface Copy {
  format: Format;
  bytes: Uint8Array;
}

/** Why a copy did not get through. The message is for people. */
export class CopyError extends Error {
  override name = 'CopyError';
  readonly reason: Reason;

  constructor(reason: Reason, text: string) {
    super(text);
    this.reason = reason;
  }
}

export interface ExchangePorts {
  send(packet: Uint8Array<ArrayBuffer>): void;
  /** The first 16 bytes of SHA-256, zeros where the browser has none. */
  hash(bytes: Uint8Array): Promise<Uint8Array>;
  /** Calls back after so many milliseconds; returns the cancellation. */
  defer(callback: () => void, ms: number): () => void;
  /** The canvas has a new copy in these formats. */
  onOffer(formats: Offered[]): void;
  /** How far the copy under way is, 0 to 1; null when there is none. */
  onProgress(share: number | null): void;
}

/** So much is sent in one go, so often: 1 MiB a second, below what servers take. */
const BURST = 4 * MAX_CLIPBOARD_CHUNK;
const BURST_MS = 56;
/** A side that says nothing for so long is gone. */
const SILENCE_MS = 30_000;

interface Settle<T> {
  resolve(value: T): void;
  reject(cause: CopyError): void;
}

interface Outgoing extends Settle<void> {
  id: number;
  copy: Copy;
  sent: number;
  received: number;
}

interface Incoming extends Settle<Copy> {
  id: number;
  format: Format;
  parts: Uint8Array[];
  received: number;
  told: number;
}

/**
 * This side of easel.clipboard: copies go to the canvas when the agent wants
 * what is offered, and come from it when somebody here wants what it offers.
 * One copy each way at a time; a newer one replaces it.
 */
export class ClipboardExchange {
  #ports: ExchangePorts;
  #next = 1;
  #outgoing: Outgoing | null = null;
  #incoming: Incoming | null = null;
  #offered: { id: number; formats: Offered[] } | null = null;
  #pace: (() => void) | null = null;
  #silence: (() => void) | null = null;

  constructor(ports: ExchangePorts) {
    this.#ports = ports;
  }

  /** What the canvas has, null when it has nothing new. */
  get offered(): Offered[] | null {
    return this.#offered?.formats ?? null;
  }

  /** Puts a copy on the canvas's clipboard; rejects with a CopyError. */
  async give(copy: Copy): Promise<void> {
    if (copy.bytes.length > MAX_CLIPBOARD) {
      throw new CopyError(Reason.TooLarge, 'what you copied is larger than 16 MiB');
    }
    const hash = await this.#ports.hash(copy.bytes);
    this.#drop('another copy took its place');
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#outgoing = { id, copy, sent: 0, received: 0, resolve, reject };
      this.#say({
        kind: 'offer',
        id,
        hash,
        formats: [{ format: copy.format, size: copy.bytes.length }],
      });
      this.#watch();
    });
  }

  /** Fetches what the canvas offered; rejects with a CopyError. */
  take(format: Format): Promise<Copy> {
    const offer = this.#offered;
    if (!offer?.formats.some((o) => o.format === format)) {
      return Promise.reject(new CopyError(Reason.Gone, 'there is nothing to copy'));
    }
    this.#drop('another copy took its place');
    return new Promise((resolve, reject) => {
      this.#incoming = {
        id: offer.id,
        format,
        parts: [],
        received: 0,
        told: 0,
        resolve,
        reject,
      };
      this.#say({ kind: 'want', id: offer.id, format });
      this.#watch();
    });
  }

  /** The connection or the agent went: nothing under way will end. */
  reset(): void {
    this.#offered = null;
    this.#drop('the connection was lost');
  }

  /** Takes a message of the agent or the server. */
  hear(m: ClipboardMessage): void {
    const out = this.#outgoing?.id === m.id ? this.#outgoing : null;
    const into = this.#incoming?.id === m.id ? this.#incoming : null;
    switch (m.kind) {
      case 'offer':
        this.#offered = { id: m.id, formats: m.formats };
        this.#ports.onOffer(m.formats);
        break;
      case 'want':
        if (out && m.format === out.copy.format) this.#pour(out);
        break;
      case 'progress':
        if (!out) break;
        out.received = Math.max(out.received, m.offset);
        this.#ports.onProgress(out.received / out.copy.bytes.length);
        this.#watch();
        if (!this.#pace) this.#pour(out);
        break;
      case 'done':
        if (out) this.#over(() => out.resolve());
        break;
      case 'decline':
        if (out) this.#over(() => out.reject(new CopyError(m.reason, m.text)));
        break;
      case 'withhold':
        if (into) this.#over(() => into.reject(new CopyError(m.reason, m.text)));
        break;
      case 'chunk':
        if (into && m.format === into.format) this.#collect(into, m);
        break;
    }
  }

  /** Sends the next burst, never more than a window ahead of the receiver. */
  #pour(out: Outgoing): void {
    this.#pace = null;
    const { bytes, format } = out.copy;
    const most = Math.min(bytes.length, out.received + CLIPBOARD_WINDOW, out.sent + BURST);
    while (out.sent < most) {
      const data = bytes.subarray(out.sent, Math.min(out.sent + MAX_CLIPBOARD_CHUNK, most));
      this.#say({
        kind: 'chunk',
        id: out.id,
        format,
        total: bytes.length,
        offset: out.sent,
        data,
      });
      out.sent += data.length;
    }
    const ahead = out.sent - out.received >= CLIPBOARD_WINDOW;
    if (out.sent === bytes.length || ahead) return;
    this.#pace = this.#ports.defer(() => this.#pour(out), BURST_MS);
  }

  #collect(into: Incoming, m: ClipboardMessage & { kind: 'chunk' }): void {
    if (m.offset !== into.received) {
      this.#say({ kind: 'decline', id: m.id, reason: Reason.Broken, text: 'a piece is missing' });
      const cause = new CopyError(Reason.Broken, 'a piece of the copy got lost');
      this.#over(() => into.reject(cause));
      return;
    }
    into.parts.push(m.data);
    into.received += m.data.length;
    if (into.received < m.total) {
      this.#watch();
      if (into.received - into.told < CLIPBOARD_WINDOW / 4) return;
      into.told = into.received;
      this.#say({ kind: 'progress', id: m.id, offset: into.received });
      this.#ports.onProgress(into.received / m.total);
      return;
    }
    const bytes = joined(into.parts, into.received);
    this.#say({ kind: 'done', id: m.id });
    this.#over(() => {
      if (into.format === Format.Png && !pngSize(bytes)) {
        into.reject(new CopyError(Reason.BadImage, 'the canvas sent no picture that can be shown'));
      } else {
        into.resolve({ format: into.format, bytes });
      }
    });
  }

  #say(m: ClipboardMessage): void {
    this.#ports.send(encodeClipboard(m));
  }

  /** Waits for the next word anew. */
  #watch(): void {
    this.#silence?.();
    this.#silence = this.#ports.defer(() => this.#drop('the canvas did not answer'), SILENCE_MS);
  }

  #drop(why: string): void {
    const cause = new CopyError(Reason.Gone, why);
    const [out, into] = [this.#outgoing, this.#incoming];
    if (!out && !into) return;
    this.#over(() => {
      out?.reject(cause);
      into?.reject(cause);
    });
  }

  /** Ends what is under way. */
  #over(settle: () => void): void {
    this.#pace?.();
    this.#pace = null;
    this.#silence?.();
    this.#silence = null;
    this.#outgoing = null;
    this.#incoming = null;
    this.#ports.onProgress(null);
    settle();
  }
}

function joined(parts: Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
