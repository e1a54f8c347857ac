/**
 * X11 keysyms of what a keyboard says (X11/keysymdef.h). Characters follow the
 * key's value, so the browser's layout decides; named keys follow their name and
 * their side or block.
 */

/** What of a KeyboardEvent decides its keysym. */
export interface KeyName {
  key: string;
  /** KeyboardEvent.location: 0 standard, 1 left, 2 right, 3 numpad. */
  location: number;
}

export const Keysym = {
  Control_L: 0xffe3,
  Control_R: 0xffe4,
  Shift_L: 0xffe1,
  Shift_R: 0xffe2,
  Alt_L: 0xffe9,
  Super_L: 0xffeb,
  BackSpace: 0xff08,
  Tab: 0xff09,
  Return: 0xff0d,
  Escape: 0xff1b,
} as const;

const NUMPAD = 3;
const RIGHT = 2;

const NAMED: Record<string, number> = {
  Backspace: Keysym.BackSpace,
  Tab: Keysym.Tab,
  Clear: 0xff0b,
  Enter: Keysym.Return,
  Pause: 0xff13,
  Escape: Keysym.Escape,
  Delete: 0xffff,
  Home: 0xff50,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
  PageUp: 0xff55,
  PageDown: 0xff56,
  End: 0xff57,
  Select: 0xff60,
  PrintScreen: 0xff61,
  Execute: 0xff62,
  Insert: 0xff63,
  Undo: 0xff65,
  Redo: 0xff66,
  ContextMenu: 0xff67,
  Find: 0xff68,
  Cancel: 0xff69,
  Help: 0xff6a,
  ZoomIn: 0x1008ff8b,
  ZoomOut: 0x1008ff8c,
  Copy: 0x1008ff57,
  Cut: 0x1008ff58,
  Paste: 0x1008ff6d,
};

/** Left and right of a modifier. */
const SIDED: Record<string, readonly [number, number]> = {
  Shift: [Keysym.Shift_L, Keysym.Shift_R],
  Control: [Keysym.Control_L, Keysym.Control_R],
  Alt: [Keysym.Alt_L, 0xffea],
  Meta: [Keysym.Super_L, 0xffec],
  OS: [Keysym.Super_L, 0xffec],
  Super: [Keysym.Super_L, 0xffec],
  Hyper: [0xffed, 0xffee],
};

const KEYPAD: Record<string, number> = {
  Enter: 0xff8d,
  Home: 0xff95,
  ArrowLeft: 0xff96,
  ArrowUp: 0xff97,
  ArrowRight: 0xff98,
  ArrowDown: 0xff99,
  PageUp: 0xff9a,
  PageDown: 0xff9b,
  End: 0xff9c,
  Clear: 0xff9d,
  Insert: 0xff9e,
  Delete: 0xff9f,
  '*': 0xffaa,
  '+': 0xffab,
  ',': 0xffac,
  '-': 0xffad,
  '.': 0xffae,
  '/': 0xffaf,
  '=': 0xffbd,
};

/** The keysym of one character, null for control characters and longer text. */
export function keysymOfChar(char: string): number | null {
  const code = char.codePointAt(0);
  if (code === undefined || String.fromCodePoint(code) !== char) return null;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return null;
  return code <= 0xff ? code : 0x01000000 + code;
}

/**
 * The keysym of a key, null when it has none worth sending. Locks have none:
 * the characters already say what they did, and the display's own lock would do
 * it twice. AltGraph has none for the same reason.
 */
export function keysymOf({ key, location }: KeyName): number | null {
  if (location === NUMPAD) {
    if (/^[0-9]$/.test(key)) return 0xffb0 + Number(key);
    const keypad = KEYPAD[key];
    if (keypad !== undefined) return keypad;
  }
  const sided = SIDED[key];
  if (sided) return sided[location === RIGHT ? 1 : 0];
  const named = NAMED[key];
  if (named !== undefined) return named;
  const functional = /^F([1-9]|[12][0-9]|3[0-5])$/.exec(key);
  if (functional) return 0xffbd + Number(functional[1]);
  return keysymOfChar(key);
}

/** Whether a key types a character. */
export const isCharacter = (key: string): boolean => keysymOfChar(key) !== null;
