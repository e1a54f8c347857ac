import { describe, expect, it } from 'vitest';
import { initials, refusalOf, type Situation, standingOf } from './standing';
import type { Lease, Policy } from './wire';

const rules = (policy: Policy, presenter = '') => ({
  policy,
  presenter,
  locked: false,
  muted: false,
  shared: false,
});
const held: Lease = {
  generation: 4,
  revision: 9,
  holder: 'olga',
  waiting: [],
  rules: rules('ask'),
};
const free = { ...held, holder: '' };
const base: Situation = {
  link: 'connected',
  picture: true,
  me: 'eddy',
  role: 'editor',
  lease: held,
  nameOf: (identity) => identity.toUpperCase(),
};
const at = (s: Partial<Situation>) => standingOf({ ...base, ...s });
const moves = (s: Partial<Situation>) => at(s).moves.map((m) => m.move);
const text = (s: Partial<Situation>) => at(s).text;

describe('standingOf', () => {
  it('lets the holder draw and says nothing', () => {
    expect(at({ me: 'olga' })).toEqual({
      mayDraw: true,
      offered: 0,
      text: '',
      said: false,
      moves: [],
    });
  });

  it('offers a free canvas to who may press on it', () => {
    expect(at({ lease: free })).toMatchObject({ mayDraw: true, offered: 4, text: '' });
    expect(at({ lease: free, role: 'viewer' })).toMatchObject({ mayDraw: false, offered: 0 });
    expect(at({ lease: null })).toMatchObject({ mayDraw: false, offered: 0 });
  });

  it('has people ask where that is the policy', () => {
    expect(moves({})).toEqual(['request']);
    expect(text({})).toBe('OLGA is drawing');
    expect(moves({ role: 'owner' })).toEqual(['take']);
    const waiting = { ...held, waiting: ['emma', 'eddy'] };
    expect(moves({ lease: waiting })).toEqual(['release']);
    expect(text({ lease: waiting })).toBe('OLGA is drawing. Waiting for an answer');
    expect(at({}).offered).toBe(0);
  });

  it('lets people try between strokes of an open canvas', () => {
    const open = { ...held, rules: rules('open') };
    expect(at({ lease: open })).toMatchObject({ mayDraw: false, offered: 5, said: false });
    expect(moves({ lease: open })).toEqual(['request']);
    expect(moves({ lease: open, role: 'owner' })).toEqual(['take']);
    expect(text({ lease: { ...open, waiting: ['eddy'] } })).toBe('OLGA is drawing. You are next');
    expect(text({ lease: { ...open, waiting: ['emma', 'eddy'] } })).toBe(
      'OLGA is drawing. You are number 2 in line',
    );
  });

  it('keeps a presentation to presenters', () => {
    const alone = { ...free, rules: rules('presenter') };
    expect(at({ lease: alone })).toMatchObject({
      offered: 0,
      text: 'Only the owner draws here',
    });
    expect(moves({ lease: alone })).toEqual(['request']);
    expect(moves({ lease: { ...alone, waiting: ['eddy'] } })).toEqual(['release']);
    expect(at({ lease: alone, role: 'owner' }).offered).toBe(4);
    const named = { ...free, rules: rules('presenter', 'emma') };
    expect(text({ lease: named })).toBe('EMMA presents');
    expect(at({ lease: named, me: 'emma' }).offered).toBe(4);
  });

  it('names what is in the way', () => {
    expect(text({ role: 'viewer' })).toBe('View only. OLGA is drawing');
    expect(text({ role: 'viewer', lease: free })).toBe('View only. Nobody is drawing');
    expect(moves({ role: 'viewer' })).toEqual([]);
    expect(text({ link: 'reconnecting' })).toBe('Reconnecting');
    expect(text({ link: 'connecting' })).toBe('Connecting');
    expect(text({ link: 'lost' })).toBe('Connection lost');
    expect(text({ picture: false })).toBe('Waiting for the picture');
    expect(text({ lease: null })).toBe('Waiting for the room');
  });

  it('lets nobody draw without connection or picture', () => {
    expect(at({ me: 'olga', link: 'reconnecting' }).mayDraw).toBe(false);
    expect(at({ me: 'olga', picture: false }).mayDraw).toBe(false);
    expect(at({ lease: free, picture: false }).offered).toBe(0);
  });
});

it('says what the standing does not', () => {
  expect(refusalOf('busy', 'somebody is drawing')).toBe('');
  expect(refusalOf('not_holder', 'you do not hold control of the canvas')).toBe(
    'Somebody was faster',
  );
  expect(refusalOf('stale', 'control of the canvas has changed since')).toBe('Somebody was faster');
  expect(refusalOf('too_fast', 'wait a moment')).toBe('Wait a moment.');
});

it('initials fit a small circle', () => {
  expect(initials('Olga Maria Berg')).toBe('OB');
  expect(initials('eddy')).toBe('E');
  expect(initials('  ')).toBe('?');
  expect(initials('😀 ä')).toBe('😀Ä');
});
