import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Keyboard, type Platform } from './keyboard';
import { keysymOf } from './keysyms';

describe('keysymOf', () => {
  it.each([
    ['a', 0, 0x61],
    ['A', 0, 0x41],
    ['é', 0, 0xe9],
    ['€', 0, 0x010020ac],
    ['😀', 0, 0x0101f600],
    ['Я', 0, 0x0100042f],
    [' ', 0, 0x20],
    ['Enter', 0, 0xff0d],
    ['Enter', 3, 0xff8d],
    ['5', 0, 0x35],
    ['5', 3, 0xffb5],
    ['+', 3, 0xffab],
    ['Home', 3, 0xff95],
    ['Shift', 1, 0xffe1],
    ['Shift', 2, 0xffe2],
    ['Control', 2, 0xffe4],
    ['Alt', 1, 0xffe9],
    ['Meta', 1, 0xffeb],
    ['F1', 0, 0xffbe],
    ['F12', 0, 0xffc9],
    ['F35', 0, 0xffe0],
    ['Delete', 0, 0xffff],
  ])('%s at location %i', (key, location, keysym) => {
    expect(keysymOf({ key, location })).toBe(keysym);
  });

  it.each(['CapsLock', 'NumLock', 'AltGraph', 'Dead', 'F36', 'ab', '\u0007', ''])(
    'has none for %j',
    (key) => expect(keysymOf({ key, location: 0 })).toBeNull(),
  );
});

let log: string[];
let now: number;
let chords: number;
const german: Record<string, string> = { BracketLeft: '^', Equal: '´', Quote: "'" };
const czech: Record<string, string> = { Backquote: ';', Digit5: 'ř', Equal: '´', Backslash: '¨' };

function keyboard(platform: Platform = 'other', layout = german): Keyboard {
  return new Keyboard(platform, {
    emit: (down, keysym) => log.push(`${down ? '+' : '-'}${keysym.toString(16)}`),
    onChord: () => chords++,
    baseOf: (code) => layout[code],
    defer: (callback, ms) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  });
}

const key = (name: string, code = `Key${name.toUpperCase()}`, location = 0) => ({
  key: name,
  code,
  location,
  timeStamp: now,
});
const CTRL = ['Control', 'ControlLeft', 1] as const;
const ALT = ['Alt', 'AltLeft', 1] as const;
const SHIFT = ['Shift', 'ShiftLeft', 1] as const;
const ALTGR = ['AltGraph', 'AltRight', 2] as const;
const META = ['Meta', 'MetaLeft', 1] as const;

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  now = 1000;
  chords = 0;
});

describe('Keyboard', () => {
  it('releases what it pressed, whatever the key says by then', () => {
    const k = keyboard();
    k.down(key(...SHIFT));
    k.down(key('A', 'KeyA'));
    k.up(key(...SHIFT));
    k.up(key('a', 'KeyA'));
    expect(log).toEqual(['+ffe1', '+41', '-ffe1', '-41']);
  });

  it('forwards repeats as presses', () => {
    const k = keyboard();
    k.down(key('a'));
    k.down(key('a'));
    k.up(key('a'));
    expect(log).toEqual(['+61', '+61', '-61']);
  });

  it('changes the keysym when a repeating key changes its character', () => {
    const k = keyboard();
    k.down(key('a', 'KeyA'));
    k.down(key('A', 'KeyA'));
    k.up(key('A', 'KeyA'));
    expect(log).toEqual(['+61', '-61', '+41', '-41']);
  });

  it('releases everything on demand and nothing twice', () => {
    const k = keyboard();
    k.down(key(...CTRL));
    k.down(key('s'));
    k.releaseAll(now);
    k.up(key('s'));
    k.up(key(...CTRL));
    expect(log).toEqual(['+ffe3', '+73', '-ffe3', '-73']);
    expect(k.isDown(0xffe3)).toBe(false);
  });

  it('leaves input methods alone', () => {
    const k = keyboard();
    k.down({ ...key('a'), isComposing: true });
    k.down(key('Process', 'KeyA'));
    expect(log).toEqual([]);
  });
});

describe('AltGr', () => {
  it('on Windows swallows the Control that comes with it', () => {
    const k = keyboard('windows');
    k.down(key(...CTRL));
    k.down(key('AltGraph', 'AltRight', 2));
    k.down(key('@', 'KeyQ'));
    k.up(key('@', 'KeyQ'));
    k.up(key(...CTRL));
    k.up(key('AltGraph', 'AltRight', 2));
    expect(log).toEqual(['+40', '-40']);
  });

  it('on Windows still sends a Control of its own', () => {
    const k = keyboard('windows');
    k.down(key(...CTRL));
    expect(log).toEqual([]);
    k.down(key('s'));
    expect(log).toEqual(['+ffe3', '+73']);
    k.releaseAll(now);
    log = [];
    k.down(key(...CTRL));
    vi.advanceTimersByTime(60);
    expect(log).toEqual(['+ffe3']);
  });

  it('elsewhere types the character alone', () => {
    const k = keyboard();
    k.down(key('AltGraph', 'AltRight', 2));
    k.down(key('@', 'KeyQ'));
    k.up(key('@', 'KeyQ'));
    expect(log).toEqual(['+40', '-40']);
  });
});

describe('dead keys', () => {
  it('joins accent and letter', () => {
    const k = keyboard();
    k.down(key('Dead', 'BracketLeft'));
    k.up(key('Dead', 'BracketLeft'));
    k.down(key('e'));
    k.up(key('e'));
    expect(log).toEqual(['+ea', '-ea']);
  });

  it('keeps the accent while Shift is pressed', () => {
    const k = keyboard();
    k.down(key('Dead', 'Equal'));
    k.down(key(...SHIFT));
    k.down(key('E', 'KeyE'));
    expect(log).toEqual(['+ffe1', '+c9']);
  });

  it('gives the accent itself before a space or what it cannot join', () => {
    const k = keyboard();
    k.down(key('Dead', 'BracketLeft'));
    k.down(key(' ', 'Space'));
    k.up(key(' ', 'Space'));
    k.down(key('Dead', 'BracketLeft'));
    k.down(key('x'));
    expect(log).toEqual(['+5e', '-5e', '+5e', '-5e', '+78']);
  });

  it('does not join twice where the platform composes', () => {
    const k = keyboard();
    k.down(key('Dead', 'BracketLeft'));
    k.down(key('ê', 'KeyE'));
    expect(log).toEqual(['+ea']);
  });

  it('knows the shifted accents', () => {
    const k = keyboard();
    k.down(key(...SHIFT));
    k.down(key('Dead', 'Quote'));
    k.up(key(...SHIFT));
    k.down(key('o'));
    expect(log.at(-1)).toBe('+f6');
  });

  type Case = [string, Record<string, string>, string, readonly [string, string, number] | null];
  it.each<[...Case, string, string]>([
    ['´ as on a German keyboard', german, 'Equal', null, 'o', 'ó'],
    ['` with Shift there', german, 'Equal', SHIFT, 'o', 'ò'],
    ['´ as on a Czech keyboard', czech, 'Equal', null, 'o', 'ó'],
    ['ˇ with Shift there', czech, 'Equal', SHIFT, 'n', 'ň'],
    ['° with Shift on ;', czech, 'Backquote', SHIFT, 'u', 'ů'],
    ['¨', czech, 'Backslash', null, 'u', 'ü'],
    ['° with AltGr on a digit', czech, 'Digit5', ALTGR, 'a', 'å'],
    ['¸ with AltGr on ´', czech, 'Equal', ALTGR, 'c', 'ç'],
  ])('knows %s', (_, layout, code, modifier, letter, made) => {
    const k = keyboard('other', layout);
    if (modifier) k.down(key(...modifier));
    k.down(key('Dead', code));
    if (modifier) k.up(key(...modifier));
    k.down(key(letter));
    expect(log.at(-1)).toBe(`+${keysymOf({ key: made, location: 0 })?.toString(16)}`);
  });

  it('types the plain letter when the layout is unknown', () => {
    const k = keyboard();
    k.down(key('Dead', 'Backslash'));
    k.down(key('e'));
    expect(log).toEqual(['+65']);
  });
});

describe('macOS', () => {
  it('takes Command for Control and does not wait for releases it swallows', () => {
    const k = keyboard('mac');
    k.down(key(...META));
    k.down(key('s'));
    k.up(key(...META));
    expect(log).toEqual(['+ffe3', '+73', '-73', '-ffe3']);
  });

  it('types what Option makes', () => {
    const k = keyboard('mac');
    k.down(key(...ALT));
    k.down(key('ø', 'KeyO'));
    k.up(key('ø', 'KeyO'));
    k.up(key(...ALT));
    expect(log).toEqual(['+ffe9', '-ffe9', '+f8', '-f8', '+ffe9', '-ffe9']);
  });
});

describe('the chord that leaves the canvas', () => {
  it('is Control, Alt and Shift let go together', () => {
    const k = keyboard();
    k.down(key(...CTRL));
    k.down(key(...ALT));
    k.down(key(...SHIFT));
    expect(chords).toBe(0);
    k.up(key(...SHIFT));
    expect(chords).toBe(1);
    expect(log).toEqual(['+ffe3', '+ffe9', '+ffe1', '-ffe3', '-ffe9', '-ffe1']);
  });

  it('is not a shortcut with the three', () => {
    const k = keyboard();
    k.down(key(...CTRL));
    k.down(key(...ALT));
    k.down(key(...SHIFT));
    k.down(key('X', 'KeyX'));
    k.up(key('X', 'KeyX'));
    k.up(key(...SHIFT));
    k.up(key(...ALT));
    k.up(key(...CTRL));
    expect(chords).toBe(0);
  });
});
