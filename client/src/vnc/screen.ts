import RFB from '@novnc/novnc';
import type { RfbOutlet } from '../core/rfbhand';
import type { Channel } from './channel';

/** X servers' dialects of RFB, as the gateway names them. */
export type Dialect = 'rfb' | 'kasmvnc';

const POINTER = 5;

/** KasmVNC's own messages from the server, and bytes after the type that need no reading. */
const Kasm = { stats: 178, frameStats: 179, clipboard: 180, joined: 253, left: 254 } as const;
const KASM_STATS: readonly number[] = [Kasm.stats, 190, 191];

/**
 * noVNC for the picture alone: input comes from the app's own surface, which all
 * ways to the canvas share, and the pointer is drawn by the app.
 */
export class Screen extends RFB implements RfbOutlet {
  dialect: Dialect = 'rfb';
  /** Updates of the picture so far. */
  updates = 0;
  #onUpdate: () => void;

  constructor(target: Element, channel: Channel, onUpdate: () => void) {
    super(target, channel, { shared: true });
    this.#onUpdate = onUpdate;
    this.viewOnly = true;
    this.scaleViewport = true;
    this.background = 'transparent';
    // Painting is looked at closely: let lines be fast before pictures are small.
    this.qualityLevel = 8;
    this.compressionLevel = 2;
    this._canvas.style.pointerEvents = 'none';
  }

  /** What it shows, or showed last. */
  get picture(): HTMLCanvasElement {
    return this._canvas;
  }

  get size(): { width: number; height: number } {
    return { width: this._fbWidth, height: this._fbHeight };
  }

  pointer(x: number, y: number, buttons: number): void {
    if (this.dialect === 'rfb') {
      RFB.messages.pointerEvent(this._sock, x, y, buttons);
      return;
    }
    this._sock.sQpush8(POINTER);
    for (const value of [buttons, x, y, 0, 0]) this._sock.sQpush16(value);
    this._sock.flush();
  }

  key(keysym: number, down: boolean): void {
    RFB.messages.keyEvent(this._sock, keysym, down ? 1 : 0);
  }

  resize(width: number, height: number): void {
    if (!this._supportsSetDesktopSize) return;
    RFB.messages.setDesktopSize(this._sock, width, height, this._screenID, this._screenFlags);
  }

  protected override _framebufferUpdate(): boolean {
    const whole = super._framebufferUpdate();
    if (whole) {
      this.updates++;
      this.#onUpdate();
    }
    return whole;
  }

  protected override _normalMsg(): boolean {
    if (this.dialect === 'kasmvnc' && this._FBU.rects === 0) {
      const type = this._sock.rQpeek8();
      if (KASM_STATS.includes(type)) return this.#skip(4);
      if (type === Kasm.joined || type === Kasm.left) return this.#skip(1);
      if (type === Kasm.frameStats) {
        this._sock.rQskipBytes(1);
        return true;
      }
      if (type === Kasm.clipboard) return this.#skipClipboard();
    }
    return super._normalMsg();
  }

  /** Passes over a message of so many bytes, then u32 length, then as many bytes. */
  #skip(head: number): boolean {
    if (this._sock.rQwait('KasmVNC message', head + 4)) return false;
    this._sock.rQskipBytes(head);
    const length = this._sock.rQshift32();
    if (this._sock.rQwait('KasmVNC message', length, head + 4)) return false;
    this._sock.rQskipBytes(length);
    return true;
  }

  /** u8 count, then for each u32 id, u8 length, media type, u32 length, data. */
  #skipClipboard(): boolean {
    const sock = this._sock;
    let read = 0;
    const need = (bytes: number) => sock.rQwait('KasmVNC clipboard', bytes, read);
    const take = (bytes: number) => {
      sock.rQskipBytes(bytes);
      read += bytes;
    };
    if (need(2)) return false;
    take(1);
    const count = sock.rQshift8();
    read += 1;
    for (let i = 0; i < count; i++) {
      if (need(5)) return false;
      take(4);
      const mime = sock.rQshift8();
      read += 1;
      if (need(mime + 4)) return false;
      take(mime);
      const length = sock.rQshift32();
      read += 4;
      if (need(length)) return false;
      take(length);
    }
    return true;
  }
}
