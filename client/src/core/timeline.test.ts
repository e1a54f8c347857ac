import { expect, it } from 'vitest';
import { readLines } from './api';
import { tellingOf } from './timeline';

const at = '2026-01-02T03:04:05Z';

it('tells what happened', () => {
  const tell = (kind: string, more: object = {}) => tellingOf({ at, kind, ...more });
  expect(tell('joined', { name: 'Ann', role: 'editor' })).toBe('Ann joined as an editor');
  expect(tell('joined', { name: 'GIMP', role: 'agent' })).toBe('The canvas came up');
  expect(tell('drew', { name: 'Ann' })).toBe('Ann draws');
  expect(tell('drew', { name: 'Ann', until: '2026-01-02T03:04:47Z', times: 3 })).toBe(
    'Ann drew for 42 s, 3 times',
  );
  expect(tell('became', { name: 'Ann', by_name: 'Olga', role: 'viewer' })).toBe(
    'Olga made Ann a viewer',
  );
  expect(tell('policy', { by_name: 'Olga', policy: 'ask' })).toBe('Olga chose the policy "ask"');
  expect(tell('removed', { who: 'g1-x', by_name: '' })).toBe('The server removed g1-x');
  expect(tell('of a newer server')).toBe('of a newer server');
});

it('reads JSON lines and leaves out what is none', () => {
  const text = `{"at":"${at}","kind":"left"}\nnull\n{"at":1\n[]\n\n{"kind":"locked"}\n`;
  expect(readLines(text).map((e) => e.kind)).toEqual(['left', 'locked']);
});
