import { accentOf, join } from './deadkeys';
import { isCharacter, Keysym, keysymOf, keysymOfChar } from './keysyms';

/** What is read of a KeyboardEvent. */
export interface KeyInfo {
  key: string;
  code: string;
  location: number;
  timeStamp: number;
  isComposing?: boolean;
}

/** Whose conventions the keyboard follows. */
export type Platform = 'windows' | 'mac' | 'other';

export interface KeyboardPorts {
  /** A keysym goes down (again, when it repeats) or up. */
  emit(down: boolean, keysym: number, time: number): void;
  /** Control, Alt and Shift were pressed and let go together: leave the canvas. */
  onChord(): void;
  /** What a key gives without modifiers in the current layout, if known. */
  baseOf(code: string): string | undefined;
  /** Calls back after so many milliseconds; returns the cancellation. */
  defer(callback: () => void, ms: number): () => void;
}

/** Windows presses a left Control just before AltGr; further apart they are two keys. */
const ALTGR_WINDOW_MS = 50;

const MODIFIERS = new Set(['Control', 'Alt', 'Shift', 'Meta', 'OS', 'AltGraph']);

/**
 * Turns key events into X11 keysyms. Each key releases what it pressed, even
 * if the layout or a modifier changed in between.
 */
export class Keyboard {
  #platform: Platform;
  #ports: KeyboardPorts;
  /** code → keysym that is down */
  #held = new Map<string, number>();
  /** codes of modifier keys that are down, with their names */
  #modifiers = new Map<string, string>();
  #accent: string | null = null;
  #chord = false;
  #control: { info: KeyInfo; cancel: () => void } | null = null;

  constructor(platform: Platform, ports: KeyboardPorts) {
    this.#platform = platform;
    this.#ports = ports;
  }

  down(info: KeyInfo): void {
    if (info.isComposing || info.key === 'Process' || info.key === 'Unidentified') return;
    if (this.#joinAltGr(info)) return;
    this.settle();
    this.#watchChord(info);
    if (this.#waitForAltGr(info)) return;
    if (info.key === 'Dead') {
      const shift = this.#holds('Shift');
      const altGraph = this.#holds('AltGraph');
      this.#accent = accentOf({ code: info.code, shift, altGraph }, this.#ports.baseOf);
      return;
    }
    this.#press(info);
  }

  up(info: KeyInfo): void {
    this.settle();
    this.#modifiers.delete(idOf(info));
    if (this.#chord && MODIFIERS.has(info.key)) {
      this.#chord = false;
      this.releaseAll(info.timeStamp);
      this.#ports.onChord();
      return;
    }
    this.#release(idOf(info), info.timeStamp);
    // macOS swallows the release of keys that were pressed with Command.
    if (this.#platform === 'mac' && info.key === 'Meta') this.#releaseCharacters(info.timeStamp);
  }

  /** Sends what was held back; call before anything else the hand does. */
  settle(): void {
    if (!this.#control) return;
    const { info, cancel } = this.#control;
    this.#control = null;
    cancel();
    this.#press(info);
  }

  /** Releases every key: the focus went elsewhere. */
  releaseAll(time: number): void {
    this.#control?.cancel();
    this.#control = null;
    for (const code of [...this.#held.keys()]) this.#release(code, time);
    this.forget();
  }

  /** Forgets every key without a word: the far side has released them. */
  forget(): void {
    this.#control?.cancel();
    this.#control = null;
    this.#held.clear();
    this.#modifiers.clear();
    this.#accent = null;
    this.#chord = false;
  }

  /** An input method composes, or has composed: an accent was its business. */
  compose(): void {
    this.settle();
    this.#accent = null;
  }

  /** Whether a keysym is down. */
  isDown(...keysyms: number[]): boolean {
    return [...this.#held.values()].some((held) => keysyms.includes(held));
  }

  #press(info: KeyInfo): void {
    const id = idOf(info);
    const time = info.timeStamp;
    if (MODIFIERS.has(info.key)) this.#modifiers.set(id, info.key);
    if (isCharacter(info.key) && info.location !== 3) {
      this.#type(info);
      return;
    }
    const keysym = this.#held.get(id) ?? this.#keysymOf(info);
    if (keysym === null) return;
    if (!MODIFIERS.has(info.key)) this.#accent = null;
    this.#held.set(id, keysym);
    this.#ports.emit(true, keysym, time);
    this.#tapUnderCommand(info);
  }

  #type(info: KeyInfo): void {
    const id = idOf(info);
    const time = info.timeStamp;
    const chars = this.#accent ? join(this.#accent, info.key) : [info.key];
    this.#accent = null;
    const alt = this.#optionHeld() && !/^[\x20-\x7e]$/.test(info.key);
    if (alt) this.#ports.emit(false, Keysym.Alt_L, time);
    for (const [i, char] of chars.entries()) {
      const keysym = keysymOfChar(char);
      if (keysym === null) continue;
      const before = this.#held.get(id);
      if (before !== undefined && before !== keysym) this.#release(id, time);
      this.#ports.emit(true, keysym, time);
      if (i < chars.length - 1 || alt) this.#ports.emit(false, keysym, time);
      else this.#held.set(id, keysym);
    }
    if (alt) this.#ports.emit(true, Keysym.Alt_L, time);
    this.#tapUnderCommand(info);
  }

  /** On macOS Command stands for Control: its habits are the application's. */
  #keysymOf(info: KeyInfo): number | null {
    if (this.#platform === 'mac' && info.key === 'Meta') {
      return info.location === 2 ? Keysym.Control_R : Keysym.Control_L;
    }
    return keysymOf(info);
  }

  #tapUnderCommand(info: KeyInfo): void {
    if (this.#platform !== 'mac' || MODIFIERS.has(info.key) || !this.#holds('Meta')) return;
    this.#release(idOf(info), info.timeStamp);
  }

  /** On macOS Option types characters; other Alt keys do not. */
  #optionHeld(): boolean {
    return this.#platform === 'mac' && this.#holds('Alt') && !this.#holds('Control');
  }

  #release(id: string, time: number): void {
    const keysym = this.#held.get(id);
    if (keysym === undefined) return;
    this.#held.delete(id);
    this.#ports.emit(false, keysym, time);
  }

  #releaseCharacters(time: number): void {
    for (const id of [...this.#held.keys()]) {
      if (!this.#modifiers.has(id)) this.#release(id, time);
    }
  }

  #holds(name: string): boolean {
    return [...this.#modifiers.values()].includes(name);
  }

  /** Holds a left Control back until it is clear that it is not half of AltGr. */
  #waitForAltGr(info: KeyInfo): boolean {
    const control = info.code === 'ControlLeft' && !this.#held.has('ControlLeft');
    if (this.#platform !== 'windows' || !control) return false;
    const cancel = this.#ports.defer(() => this.settle(), ALTGR_WINDOW_MS);
    this.#control = { info, cancel };
    return true;
  }

  #joinAltGr(info: KeyInfo): boolean {
    const pending = this.#control;
    if (!pending || info.code !== 'AltRight') return false;
    if (info.timeStamp - pending.info.timeStamp > ALTGR_WINDOW_MS) return false;
    pending.cancel();
    this.#control = null;
    this.#chord = false;
    this.#modifiers.delete('ControlLeft');
    this.#modifiers.set('AltRight', 'AltGraph');
    return true;
  }

  #watchChord(info: KeyInfo): void {
    if (!MODIFIERS.has(info.key)) {
      this.#chord = false;
      return;
    }
    this.#modifiers.set(idOf(info), info.key);
    this.#chord = ['Control', 'Alt', 'Shift'].every((name) => this.#holds(name));
  }
}

/** Virtual keyboards give no code. */
const idOf = ({ code, key }: KeyInfo) => code || key;
