import { describe, expect, it } from 'vitest';
import { filesOf, fillOf, join, lossOf, nameOf, sizeOf, stemLength, wayTo } from './files';

describe('files', () => {
  it('writes sizes for people', () => {
    expect([0, 999, 1000, 1540, 12_345_678, 21_474_836_480].map(sizeOf)).toEqual([
      '0 B',
      '999 B',
      '1.0 KB',
      '1.5 KB',
      '12 MB',
      '20 GB',
    ]);
  });

  it('warns at 80 and at 95 percent, and never without a bound', () => {
    const usage = (bytes: number, quota: number) => ({ bytes, quota, files: 0, trash: 0 });
    expect(fillOf(usage(79, 100))).toBe('fine');
    expect(fillOf(usage(80, 100))).toBe('much');
    expect(fillOf(usage(95, 100))).toBe('full');
    expect(fillOf(usage(95, 0))).toBe('fine');
  });

  it('takes paths apart and puts them together', () => {
    expect(wayTo('')).toEqual([]);
    expect(wayTo('a/b')).toEqual([
      { name: 'a', path: 'a' },
      { name: 'b', path: 'a/b' },
    ]);
    expect(join('', 'a')).toBe('a');
    expect(join('a', 'b')).toBe('a/b');
    expect(nameOf('a/b.png')).toBe('b.png');
    expect([stemLength('a.png'), stemLength('.png'), stemLength('a')]).toEqual([1, 4, 1]);
  });

  it('says what a copy lacks', () => {
    const lost = (saved: string, changed: string) => lossOf({ saved, changed } as never);
    expect(lost('2026-01-01T10:00:00Z', '2026-01-01T10:00:00Z')).toBe('nothing of it is lost');
    expect(lost('2026-01-01T10:00:00Z', '2026-01-01T10:00:04.2Z')).toBe(
      'the last 5 seconds of work are lost',
    );
  });

  it('escapes what URLs would misread', () => {
    const files = filesOf('s 1');
    const entry = { kind: 'file' } as never;
    expect(files.download(['a&b#.png'], entry)).toBe(
      '/api/v1/sessions/s%201/files/content?path=a%26b%23.png',
    );
    expect(files.download(['a', 'b'])).toBe('/api/v1/sessions/s%201/files/zip?path=a&path=b');
  });
});
