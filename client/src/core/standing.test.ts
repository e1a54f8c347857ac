import { describe, expect, it } from 'vitest';
import { initials, type Situation, standingOf } from './standing';

const base: Situation = {
  link: 'connected',
  picture: true,
  me: 'eddy',
  role: 'editor',
  lease: { generation: 1, holder: 'olga', waiting: [] },
  nameOf: (identity) => identity.toUpperCase(),
};
const moves = (s: Partial<Situation>) => standingOf({ ...base, ...s }).moves.map((m) => m.move);
const text = (s: Partial<Situation>) => standingOf({ ...base, ...s }).text;
const free = { generation: 2, holder: '', waiting: [] };

describe('standingOf', () => {
  it('lets the holder draw and says nothing', () => {
    const s = standingOf({ ...base, me: 'olga' });
    expect(s).toEqual({ mayDraw: true, text: '', moves: [] });
  });

  it('offers what each role may do', () => {
    expect(moves({})).toEqual(['request']);
    expect(moves({ lease: free })).toEqual(['take']);
    expect(moves({ lease: null })).toEqual(['take']);
    expect(moves({ role: 'owner' })).toEqual(['take']);
    expect(moves({ role: 'viewer' })).toEqual([]);
    expect(moves({ role: 'viewer', lease: free })).toEqual([]);
    expect(moves({ lease: { generation: 1, holder: 'olga', waiting: ['eddy'] } })).toEqual([
      'release',
    ]);
  });

  it('names the reason', () => {
    expect(text({})).toBe('OLGA is drawing');
    expect(text({ lease: free })).toBe('Nobody is drawing');
    expect(text({ role: 'viewer' })).toBe('View only. OLGA is drawing');
    expect(text({ link: 'reconnecting' })).toBe('Reconnecting');
    expect(text({ link: 'lost' })).toBe('Connection lost');
    expect(text({ picture: false })).toBe('Waiting for the picture');
  });

  it('lets nobody draw without connection or picture', () => {
    expect(standingOf({ ...base, me: 'olga', link: 'reconnecting' }).mayDraw).toBe(false);
    expect(standingOf({ ...base, me: 'olga', picture: false }).mayDraw).toBe(false);
  });
});

it('initials fit a small circle', () => {
  expect(initials('Olga Maria Berg')).toBe('OB');
  expect(initials('eddy')).toBe('E');
  expect(initials('  ')).toBe('?');
  expect(initials('😀 ä')).toBe('😀Ä');
});
