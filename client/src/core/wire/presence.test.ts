import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodePresence, encodePresence, MAX_INK_POINTS, WireError } from './index';

const file = new URL('../../../../wire/testdata/presence.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  kind: string;
  hex: string;
  value: unknown;
}[];

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

/** Go's field names, and its zero values filled in, as this side has them. */
function filled(kind: string, value: unknown): object {
  const of = (v: unknown, zero: object) => {
    const entries = Object.entries(v as object).map(([k, x]) => [k.toLowerCase(), x]);
    return { ...zero, ...Object.fromEntries(entries) };
  };
  const pointer = { x: 0, y: 0, shown: false, marks: false };
  switch (kind) {
    case 'pointers':
      return { type: kind, pointers: (value as unknown[]).map((v) => of(v, pointer)) };
    case 'pointer':
      return { type: kind, ...of(value, pointer) };
    case 'ink':
      return { type: kind, ...of(value, { stroke: 0, ends: false }) };
    case 'view':
      return { type: kind, ...of(value, { left: 0, top: 0, width: 0, height: 0 }) };
    default:
      return { type: kind, ...of(value, { which: 0, x: 0, y: 0 }) };
  }
}

describe('presence, as the Go package has it', () => {
  it.each(vectors.map((v) => [v.kind, v.hex, v.value] as const))('%s %s', (kind, hex, value) => {
    const bytes = bytesOf(hex);
    const got = decodePresence(bytes);
    expect(got).toEqual(filled(kind, value));
    expect(Buffer.from(encodePresence(got)).toString('hex')).toBe(hex);
    for (let n = 0; n < bytes.length; n++) {
      expect(() => decodePresence(bytes.subarray(0, n))).toThrow(WireError);
    }
  });

  it.each([
    '020101000100020000',
    '01090100010002',
    '01010400010002',
    '010101ffff0002',
    '01040000000000050000',
    '01050600010001',
    '010200ff',
  ])('refuses %s', (hex) => {
    expect(() => decodePresence(bytesOf(hex))).toThrow(WireError);
  });

  it('writes no ink without points, nor too many', () => {
    const ink = (n: number) => () =>
      encodePresence({ type: 'ink', stroke: 1, ends: true, points: Array(n).fill([0, 0]) });
    expect(ink(0)).toThrow(WireError);
    expect(ink(MAX_INK_POINTS + 1)).toThrow(WireError);
  });
});
