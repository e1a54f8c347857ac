import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CLIPBOARD_WINDOW,
  type ClipboardMessage,
  decodeClipboard,
  Format,
  MAX_CLIPBOARD,
  MAX_CLIPBOARD_CHUNK,
  Reason,
} from '../wire';
import { ClipboardExchange, type Copy } from './exchange';
import { Newest } from './newest';
import { pngSize } from './png';

const header = (width: number, height: number) => {
  const bytes = new Uint8Array(64);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
};

describe('pngSize', () => {
  it('reads what a file claims', () => {
    expect(pngSize(header(640, 480))).toEqual({ width: 640, height: 480 });
  });

  it.each([
    ['a bomb', header(0x7fffffff, 0x7fffffff)],
    ['a square too large', header(16384, 16384)],
    ['no width', header(0, 5)],
    ['half a header', header(5, 5).subarray(0, 20)],
    ['something else', new Uint8Array(64)],
  ])('refuses %s', (_, bytes) => expect(pngSize(bytes)).toBeNull());
});

describe('Newest', () => {
  it('is what is here until GIMP copies', () => {
    const newest = new Newest();
    expect(newest.pasted('a')).toBe('here');
    newest.copied();
    expect(newest.pasted('a')).toBe('canvas');
    expect(newest.pasted('b')).toBe('canvas');
  });

  it('is what another program copied while the page was away', () => {
    const newest = new Newest();
    newest.pasted('a');
    newest.copied();
    newest.left();
    expect(newest.pasted('a')).toBe('canvas');
    expect(newest.pasted('b')).toBe('here');
    expect(newest.pasted('a')).toBe('here');
  });

  it("is GIMP's when there is nothing here", () => {
    const newest = new Newest();
    expect(newest.pasted('')).toBe('canvas');
  });
});

let said: ClipboardMessage[];
let offers: number[];
let progress: (number | null)[];
let exchange: ClipboardExchange;

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  offers = [];
  progress = [];
  exchange = new ClipboardExchange({
    send: (packet) => said.push(decodeClipboard(packet)),
    hash: async () => new Uint8Array(16).fill(7),
    defer: (callback, ms) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    onOffer: (formats) => offers.push(formats.length),
    onProgress: (share) => progress.push(share),
  });
});

const last = () => said.at(-1) as ClipboardMessage;
const chunks = () => said.filter((m) => m.kind === 'chunk');
const copy = (length: number): Copy => ({
  format: Format.Png,
  bytes: new Uint8Array(length).map((_, i) => i),
});
/** Lets promises run. */
const settled = () => vi.advanceTimersByTimeAsync(0);

describe('giving', () => {
  it('offers first, and sends when it is wanted', async () => {
    const done = exchange.give(copy(40_000));
    await settled();
    expect(last()).toMatchObject({ kind: 'offer', id: 1, formats: [{ format: 2, size: 40_000 }] });
    exchange.hear({ kind: 'want', id: 1, format: Format.Png });
    expect(chunks().map((m) => [m.offset, m.data.length])).toEqual([
      [0, MAX_CLIPBOARD_CHUNK],
      [MAX_CLIPBOARD_CHUNK, MAX_CLIPBOARD_CHUNK],
      [2 * MAX_CLIPBOARD_CHUNK, 40_000 - 2 * MAX_CLIPBOARD_CHUNK],
    ]);
    exchange.hear({ kind: 'done', id: 1 });
    await expect(done).resolves.toBeUndefined();
    expect(progress.at(-1)).toBeNull();
  });

  it('sends nothing that is there already', async () => {
    const done = exchange.give(copy(10));
    await settled();
    exchange.hear({ kind: 'done', id: 1 });
    await done;
    expect(chunks()).toEqual([]);
  });

  it('keeps a pace, and within a window of the receiver', async () => {
    exchange.give(copy(1 << 20)).catch(() => {});
    await settled();
    exchange.hear({ kind: 'want', id: 1, format: Format.Png });
    expect(chunks()).toHaveLength(4);
    await vi.advanceTimersByTimeAsync(2000);
    const sent = () => chunks().reduce((sum, m) => sum + m.data.length, 0);
    expect(sent()).toBe(CLIPBOARD_WINDOW);
    exchange.hear({ kind: 'progress', id: 1, offset: 100_000 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent()).toBe(CLIPBOARD_WINDOW + 100_000);
    expect(progress).toEqual([100_000 / (1 << 20)]);
  });

  it('says why not', async () => {
    const done = exchange.give(copy(10));
    await settled();
    exchange.hear({ kind: 'decline', id: 1, reason: Reason.NotAllowed, text: 'not yours' });
    await expect(done).rejects.toMatchObject({ reason: Reason.NotAllowed, message: 'not yours' });
    await expect(exchange.give(copy(MAX_CLIPBOARD + 1))).rejects.toMatchObject({
      reason: Reason.TooLarge,
    });
  });

  it('gives up on silence and on a lost connection', async () => {
    const silent = exchange.give(copy(10));
    await settled();
    const gone = expect(silent).rejects.toMatchObject({ reason: Reason.Gone });
    await vi.advanceTimersByTimeAsync(31_000);
    await gone;
    const lost = exchange.give(copy(10));
    await settled();
    exchange.reset();
    await expect(lost).rejects.toThrow('connection');
  });
});

describe('taking', () => {
  const offer = { kind: 'offer', id: 9, hash: new Uint8Array(16) } as const;

  it('asks for what was offered and puts the pieces together', async () => {
    exchange.hear({ ...offer, formats: [{ format: Format.Text, size: 0 }] });
    expect(offers).toEqual([1]);
    const taken = exchange.take(Format.Text);
    expect(last()).toEqual({ kind: 'want', id: 9, format: Format.Text });
    const piece = (offset: number, text: string) =>
      exchange.hear({
        kind: 'chunk',
        id: 9,
        format: Format.Text,
        total: 6,
        offset,
        data: new TextEncoder().encode(text),
      });
    piece(0, 'eas');
    piece(3, 'els');
    expect(new TextDecoder().decode((await taken).bytes)).toBe('easels');
    expect(last()).toEqual({ kind: 'done', id: 9 });
  });

  it('refuses a missing piece and what is no picture', async () => {
    exchange.hear({ ...offer, formats: [{ format: Format.Png, size: 0 }] });
    const chunk = { kind: 'chunk', id: 9, format: Format.Png, data: new Uint8Array(5) } as const;
    const missing = exchange.take(Format.Png);
    exchange.hear({ ...chunk, total: 20, offset: 5 });
    await expect(missing).rejects.toMatchObject({ reason: Reason.Broken });
    expect(last().kind).toBe('decline');
    const bad = exchange.take(Format.Png);
    exchange.hear({ ...chunk, total: 5, offset: 0 });
    await expect(bad).rejects.toMatchObject({ reason: Reason.BadImage });
  });

  it('has nothing to take before an offer', async () => {
    await expect(exchange.take(Format.Png)).rejects.toMatchObject({ reason: Reason.Gone });
  });
});
