import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Asking,
  decodeClipboard,
  decodeControl,
  decodeCursor,
  decodeExact,
  decodeFrameTag,
  decodeInput,
  encodeClipboard,
  encodeControl,
  encodeCursorPosition,
  encodeCursorShape,
  encodeExact,
  encodeFrameTag,
  encodeInput,
  Kind,
  leaseOfMetadata,
  WireError,
  type WireEvent,
} from './index';

interface Vector {
  kind: string;
  hex: string;
  value: Record<string, unknown>;
}

const file = new URL('../../../../wire/testdata/vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Vectors leave zero values out, as Go's encoder does. */
const filled = (value: Record<string, unknown>, zero: object) => ({ ...zero, ...value });

const fields: Record<number, object> = {
  [Kind.Move]: { x: 0, y: 0 },
  [Kind.ButtonDown]: { button: 0, x: 0, y: 0 },
  [Kind.ButtonUp]: { button: 0, x: 0, y: 0 },
  [Kind.KeyDown]: { keysym: 0 },
  [Kind.KeyUp]: { keysym: 0 },
  [Kind.Scroll]: { dx: 0, dy: 0, x: 0, y: 0 },
  [Kind.Resize]: { width: 0, height: 0, scale: 0 },
  [Kind.ReleaseAll]: {},
};

const NO_RULES = { policy: 'ask', presenter: '', locked: false, muted: false, shared: false };

describe('the vectors shared with the Go package', () => {
  it.each(vectors.map((v) => [v.kind, v.hex, v] as const))('%s %s', (kind, hex, { value }) => {
    const bytes = bytesOf(hex);
    switch (kind) {
      case 'input': {
        const got = decodeInput(bytes);
        const events = (value.events as { kind: number }[]).map((e) =>
          filled({ ...e }, { delay: 0, ...fields[e.kind] }),
        );
        expect(got).toEqual(filled({ ...value, events }, { time: 0 }));
        expect(hexOf(encodeInput(got))).toBe(hex);
        break;
      }
      case 'frame': {
        const got = decodeFrameTag(bytes);
        expect(got).toEqual(value);
        expect(hexOf(encodeFrameTag(got))).toBe(hex);
        break;
      }
      case 'exact': {
        const got = decodeExact(bytes);
        expect(got).toEqual(value);
        expect(hexOf(encodeExact(got))).toBe(hex);
        break;
      }
      case 'cursor-shape': {
        const got = decodeCursor(bytes);
        if (got.type !== 'shape') throw new Error(got.type);
        const zero = { width: 0, height: 0, hotX: 0, hotY: 0 };
        const png = Buffer.from(got.shape.png).toString('base64');
        expect({ ...got.shape, png }).toEqual(filled(value, zero));
        expect(hexOf(encodeCursorShape(got.shape))).toBe(hex);
        break;
      }
      case 'cursor-position': {
        const got = decodeCursor(bytes);
        if (got.type !== 'position') throw new Error(got.type);
        expect(got.position).toEqual(value);
        expect(hexOf(encodeCursorPosition(got.position))).toBe(hex);
        break;
      }
      case 'control': {
        const { photon_ms: photonMs, ...rest } = value;
        const got = decodeControl(bytes);
        if (got?.type === 'lease') {
          const { rules, ...rest } = value.lease as { rules: object };
          const lease = { waiting: [], ...rest, rules: { ...NO_RULES, ...rules } };
          expect(got).toEqual({ type: 'lease', lease });
          break;
        }
        if (got?.type === 'refused') {
          expect(got).toEqual({ generation: 0, ...value });
          break;
        }
        expect(got).toEqual(photonMs ? { ...rest, photonMs } : rest);
        if (got && got.type !== 'notice') {
          expect(hexOf(encodeControl(got as Asking))).toBe(hex);
        }
        break;
      }
      case 'clipboard': {
        const got = decodeClipboard(bytes);
        const { data, formats, hash, kind: number, ...rest } = value;
        const kinds = ['offer', 'want', 'chunk', 'progress', 'done', 'decline', 'withhold'];
        expect(got.kind).toBe(kinds[(number as number) - 1]);
        expect(got).toMatchObject(rest);
        if (got.kind === 'chunk') expect(Buffer.from(got.data).toString('base64')).toBe(data);
        if (got.kind === 'offer') {
          expect(got.formats).toEqual(
            (formats as object[]).map((f) => filled({ ...f }, { size: 0 })),
          );
          expect([...got.hash]).toEqual(hash ?? new Array(16).fill(0));
        }
        expect(hexOf(encodeClipboard(got))).toBe(hex);
        break;
      }
      default:
        throw new Error(`unknown kind ${kind}`);
    }
  });

  it('refuse every shortened binary message', () => {
    for (const { kind, hex } of vectors) {
      const bytes = bytesOf(hex);
      const decode = {
        input: decodeInput,
        frame: decodeFrameTag,
        exact: decodeExact,
        'cursor-position': decodeCursor,
      }[kind as 'input'] as ((b: Uint8Array) => unknown) | undefined;
      if (!decode) continue;
      for (let n = 0; n < bytes.length; n++) {
        expect(() => decode(bytes.subarray(0, n)), `${kind} ${n}`).toThrow(WireError);
      }
    }
  });
});

describe('input', () => {
  const packet = (e: WireEvent) =>
    encodeInput({ generation: 1, first: 1, barrier: 0, time: 0, events: [e] });

  it('refuses values out of range', () => {
    expect(() => packet({ kind: Kind.Move, delay: 0, x: 16384, y: 0 })).toThrow(WireError);
    expect(() => packet({ kind: Kind.Move, delay: 0, x: -1, y: 0 })).toThrow(WireError);
    expect(() => packet({ kind: Kind.ButtonDown, delay: 0, button: 10, x: 0, y: 0 })).toThrow(
      WireError,
    );
    expect(() => packet({ kind: Kind.KeyDown, delay: 0, keysym: 0 })).toThrow(WireError);
    expect(() => packet({ kind: Kind.Resize, delay: 0, width: 0, height: 1, scale: 100 })).toThrow(
      WireError,
    );
    expect(() => encodeInput({ generation: 1, first: 1, barrier: 0, time: 0, events: [] })).toThrow(
      WireError,
    );
  });

  it('refuses unknown kinds, versions and trailing bytes', () => {
    const good = packet({ kind: Kind.ReleaseAll, delay: 0 });
    const changed = (at: number, to: number) => {
      const bytes = good.slice();
      bytes[at] = to;
      return bytes;
    };
    expect(() => decodeInput(changed(0, 1))).toThrow(WireError);
    expect(() => decodeInput(changed(18, 99))).toThrow(WireError);
    expect(() => decodeInput(new Uint8Array([...good, 0]))).toThrow(WireError);
  });
});

describe('control', () => {
  const message = (text: string) => new TextEncoder().encode(text);

  it('ignores types it does not know, refuses what is not a message', () => {
    expect(decodeControl(message('{"type":"laser"}'))).toBeNull();
    for (const bad of ['', '[]', '{}', '{"type":""}', '{"type":"lease"}', 'null']) {
      expect(() => decodeControl(message(bad)), bad).toThrow(WireError);
    }
    expect(() => decodeControl(new Uint8Array(9000))).toThrow(WireError);
  });

  it('reads the lease in room metadata', () => {
    const lease = { generation: 3, revision: 0, holder: 'olga', waiting: [], rules: NO_RULES };
    expect(leaseOfMetadata('{"lease":{"generation":3,"holder":"olga"}}')).toEqual(lease);
    expect(leaseOfMetadata('')).toBeNull();
    expect(leaseOfMetadata('{')).toBeNull();
    expect(leaseOfMetadata('{"lease":4}')).toBeNull();
  });
});
