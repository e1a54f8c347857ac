import { describe, expect, it } from 'vitest';
import { type Line, MAX_FILES, maySend, pieces, sizeOf, withLine, withoutOldFiles } from './chat';

const line = (id: string, at: number, identity = 'eddy'): Line => ({
  id,
  identity,
  name: 'Eddy',
  text: id,
  at,
  mine: false,
});

describe('lines', () => {
  it('are kept in the order of time, each once', () => {
    let lines: readonly Line[] = [];
    for (const l of [
      line('b', 2),
      line('a', 1),
      line('b', 2),
      line('c', 3),
      line('a', 9, 'emma'),
    ]) {
      lines = withLine(lines, l);
    }
    expect(lines.map((l) => l.id)).toEqual(['a', 'b', 'c', 'a']);
  });

  it('are bounded', () => {
    let lines: readonly Line[] = [];
    for (let i = 0; i < 600; i++) lines = withLine(lines, line(`${i}`, i));
    expect(lines).toHaveLength(500);
    expect(lines[0]?.id).toBe('100');
  });
});

describe('links', () => {
  it.each([
    ['see https://gimp.org/docs.', ['see ', '<https://gimp.org/docs>', '.']],
    [
      'https://a.example and http://b.example',
      ['<https://a.example>', ' and ', '<http://b.example>'],
    ],
    ['javascript:alert(1) data:text/html,x', ['javascript:alert(1) data:text/html,x']],
    ['<a href="https://x.example">y</a>', ['<a href="', '<https://x.example>', '">y</a>']],
    ['https://bank.example@evil.example/', ['https://bank.example@evil.example/']],
    ['', []],
  ])('%s', (text, want) => {
    expect(pieces(text).map((p) => (p.href ? `<${p.text}>` : p.text))).toEqual(want);
    expect(
      pieces(text)
        .map((p) => p.text)
        .join(''),
    ).toBe(text);
  });
});

it('sends what has words and fits', () => {
  expect(maySend('hello')).toBe(true);
  expect(maySend(' \n')).toBe(false);
  expect(maySend('é'.repeat(2048))).toBe(true);
  expect(maySend('é'.repeat(2049))).toBe(false);
});

describe('files', () => {
  const shared = (id: string) => ({
    id,
    identity: 'eddy',
    name: 'Eddy',
    text: '',
    at: 0,
    mine: false,
    file: { name: `${id}.png`, size: 1, url: `blob:${id}` },
  });

  it('are kept up to a number, the latest ones', () => {
    const released: string[] = [];
    const lines = Array.from({ length: MAX_FILES + 2 }, (_, i) => shared(String(i)));
    const kept = withoutOldFiles(lines, (url) => released.push(url));
    expect(released).toEqual(['blob:0', 'blob:1']);
    expect(kept.map((l) => l.file?.url)).toEqual([
      '',
      '',
      ...lines.slice(2).map((l) => l.file.url),
    ]);
    expect(withoutOldFiles(kept, () => released.push('again'))).toBe(kept);
    expect(released).toHaveLength(2);
  });

  it('have a size for people', () => {
    expect([1, 999, 2100, 999_499, 2_100_000].map(sizeOf)).toEqual([
      '1 KB',
      '1 KB',
      '3 KB',
      '1000 KB',
      '2.1 MB',
    ]);
  });
});
