/** One message of the chat. */
export interface Line {
  id: string;
  identity: string;
  name: string;
  text: string;
  /** Unix milliseconds. */
  at: number;
  mine: boolean;
  /** A file instead of a text. */
  file?: SharedFile;
}

/** A file that somebody put into the chat. */
export interface SharedFile {
  name: string;
  /** Bytes. */
  size: number;
  /** Where this page has it; '' once it has made room for later ones. */
  url: string;
}

/** The largest file that the server passes on. */
export const MAX_FILE = 8 << 20;
/** So many files are kept for a download; the oldest make room. */
export const MAX_FILES = 16;

/** "2100000" → "2.1 MB" */
export function sizeOf(bytes: number): string {
  return bytes < 999_500 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Takes the oldest files' content away, beyond MAX_FILES; release is told where it was. */
export function withoutOldFiles(
  lines: readonly Line[],
  release: (url: string) => void,
): readonly Line[] {
  let over = lines.filter((l) => l.file?.url).length - MAX_FILES;
  if (over <= 0) return lines;
  return lines.map((line) => {
    if (!line.file?.url || over-- <= 0) return line;
    release(line.file.url);
    return { ...line, file: { ...line.file, url: '' } };
  });
}

/** A piece of a message: text, or a link that is safe to follow. */
export type Piece = { text: string; href?: string };

export const MAX_TEXT = 4096;
const MAX_LINES = 500;

/** Adds a line in the order of time, once. */
export function withLine(lines: readonly Line[], line: Line): readonly Line[] {
  if (lines.some((l) => l.id === line.id && l.identity === line.identity)) return lines;
  let at = lines.length;
  while (at > 0 && (lines[at - 1]?.at ?? 0) > line.at) at--;
  return [...lines.slice(0, at), line, ...lines.slice(at)].slice(-MAX_LINES);
}

/** Whether a text can be sent: not blank, and short enough once encoded. */
export function maySend(text: string): boolean {
  return text.trim() !== '' && new TextEncoder().encode(text).length <= MAX_TEXT;
}

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/giu;
const TAIL = /[.,;:!?)\]}]+$/u;

/**
 * Splits a message into text and links. Only http and https become links, shown
 * as they are written, so that nobody is led elsewhere than they read.
 */
export function pieces(text: string): Piece[] {
  const all: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const written = match[0].replace(TAIL, '');
    const href = hrefOf(written);
    if (!href) continue;
    if (match.index > end) all.push({ text: text.slice(end, match.index) });
    all.push({ text: written, href });
    end = match.index + written.length;
  }
  if (end < text.length) all.push({ text: text.slice(end) });
  return all;
}

function hrefOf(written: string): string | null {
  try {
    const url = new URL(written);
    // A name before an @ looks like the host and is not.
    return url.username || url.password ? null : url.href;
  } catch {
    return null;
  }
}
