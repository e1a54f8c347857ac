import type { PresenceMessage, ViewRect } from './wire';

/** Somebody's pointer over the canvas, in pixels of the display. */
export interface Ghost {
  identity: string;
  x: number;
  y: number;
  /** They hold the marker. */
  marks: boolean;
}

/** A mark over the picture; it goes by itself. */
export interface Stroke {
  key: string;
  identity: string;
  points: readonly [number, number][];
  fades: boolean;
}

/** A reaction that is being shown. */
export interface Burst {
  key: number;
  identity: string;
  which: number;
  x: number;
  y: number;
}

/** A pointer that rests for so long is put away; it comes back when it moves. */
export const REST_MS = 10_000;
/** A mark stays for so long after its last piece, and then fades. */
export const MARK_MS = 4000;
export const FADE_MS = 600;
export const BURST_MS = 2500;

/** What one person may have on the canvas at once. */
const MAX_STROKES = 32;
const MAX_POINTS = 2000;

interface Mark extends Stroke {
  points: [number, number][];
  touched: number;
}

/**
 * Where the others point, what they mark, and what a presenter looks at. Time
 * is passed in; nothing here knows a browser.
 */
export class Presence {
  #ghosts = new Map<string, Ghost & { moved: number }>();
  #marks = new Map<string, Mark>();
  #bursts: (Burst & { at: number })[] = [];
  #burst = 0;
  #presenter: { identity: string; view: ViewRect } | null = null;

  /** Takes what the server sent; `from` is who sent it, '' the server itself. */
  take(message: PresenceMessage, from: string, now: number): void {
    switch (message.type) {
      case 'pointers':
        for (const p of message.pointers) this.#point(p.identity, p, now);
        break;
      case 'ink':
        this.ink(from, message.stroke, message.points, now);
        break;
      case 'reaction':
        this.#bursts.push({ ...message, identity: from, key: ++this.#burst, at: now });
        break;
      case 'view':
        this.#look(from, message);
        break;
    }
  }

  /** Adds a piece to a mark: somebody else's, or this person's own. */
  ink(identity: string, stroke: number, points: readonly [number, number][], now: number): void {
    const key = `${identity}/${stroke}`;
    const mark = this.#marks.get(key) ?? { key, identity, points: [], fades: false, touched: now };
    mark.points = [...mark.points, ...points].slice(-MAX_POINTS);
    mark.touched = now;
    mark.fades = false;
    this.#marks.set(key, mark);
    const own = [...this.#marks.values()].filter((m) => m.identity === identity);
    if (own.length > MAX_STROKES) this.#marks.delete(own[0]?.key ?? '');
  }

  /** Keeps only what belongs to those who are here. */
  keep(here: ReadonlySet<string>): void {
    for (const identity of this.#ghosts.keys()) {
      if (!here.has(identity)) this.#ghosts.delete(identity);
    }
    if (this.#presenter && !here.has(this.#presenter.identity)) this.#presenter = null;
  }

  /**
   * Puts away what has been shown long enough. Returns how long until there is
   * more to put away, in ms; Infinity when nothing waits.
   */
  expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    const over = (since: number, lasts: number) => {
      const left = since + lasts - now;
      if (left > 0) next = Math.min(next, left);
      return left <= 0;
    };
    for (const g of this.#ghosts.values()) {
      if (over(g.moved, REST_MS)) this.#ghosts.delete(g.identity);
    }
    for (const m of this.#marks.values()) {
      m.fades = over(m.touched, MARK_MS);
      if (m.fades && over(m.touched, MARK_MS + FADE_MS)) this.#marks.delete(m.key);
    }
    this.#bursts = this.#bursts.filter((b) => !over(b.at, BURST_MS));
    return next;
  }

  ghosts(): Ghost[] {
    return [...this.#ghosts.values()];
  }

  strokes(): Stroke[] {
    return [...this.#marks.values()].map((m) => ({ ...m }));
  }

  bursts(): Burst[] {
    return [...this.#bursts];
  }

  get presenter(): { identity: string; view: ViewRect } | null {
    return this.#presenter;
  }

  #point(
    identity: string,
    p: { x: number; y: number; shown: boolean; marks: boolean },
    now: number,
  ): void {
    if (!p.shown) {
      this.#ghosts.delete(identity);
      return;
    }
    this.#ghosts.set(identity, { identity, x: p.x, y: p.y, marks: p.marks, moved: now });
  }

  #look(identity: string, view: ViewRect): void {
    if (view.width > 0) this.#presenter = { identity, view };
    else if (this.#presenter?.identity === identity) this.#presenter = null;
  }
}

/** Hues that are told apart on GIMP's greys, and by most who see few colours. */
const COLOURS = [
  '#e06c5a',
  '#d9a441',
  '#8fb34a',
  '#3fae8a',
  '#4a9fd8',
  '#8d7fe0',
  '#c86fc0',
  '#b58a5a',
] as const;

/** What somebody has who is gone, or whom the server gave none. */
export const GREY = '#9a9a9a';

/** The colour that the server gave a person, by its number. */
export function colourAt(attribute: string | undefined): string {
  return COLOURS[Number.parseInt(attribute ?? '', 10)] ?? GREY;
}
