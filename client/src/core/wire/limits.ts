/** Topics of LiveKit data packets that carry Easel's messages. */
export const Topic = {
  input: 'easel.input',
  frame: 'easel.frame',
  exact: 'easel.exact',
  cursor: 'easel.cursor',
  clipboard: 'easel.clipboard',
  control: 'easel.control',
  pointer: 'easel.pointer',
} as const;

/** First byte of every binary message but input. */
export const VERSION = 1;
/** First byte of an input packet. */
export const INPUT_VERSION = 2;

export const MAX_EVENTS = 64;
export const MAX_BUTTON = 9;
export const MAX_COORDINATE = 16383;
export const MAX_KEYSYM = 0x1fffffff;
export const MAX_CURSOR = 256;
export const MAX_CURSOR_PNG = 14 << 10;
export const MAX_CONTROL_BYTES = 8 << 10;
export const MAX_REPORT = 256;

/** Bytes of one copy, of one packet of it, and under way without a word of progress. */
export const MAX_CLIPBOARD = 16 << 20;
export const MAX_CLIPBOARD_CHUNK = 14 << 10;
export const CLIPBOARD_WINDOW = 256 << 10;
export const MAX_REASON = 256;

/** Why a message could not be read or written. */
export class WireError extends Error {
  override name = 'WireError';
}
