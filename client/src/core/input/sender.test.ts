import { beforeEach, describe, expect, it } from 'vitest';
import { decodeInput, type Input, Kind } from '../wire';
import { InputSender, MAX_REPEATED } from './sender';

let packets: (Input & { reliable: boolean })[];
let sender: InputSender;

beforeEach(() => {
  packets = [];
  sender = new InputSender((bytes, reliable) => packets.push({ ...decodeInput(bytes), reliable }));
});

const at = (x: number, time = x) => ({ x, y: 0, time });
const down = { kind: Kind.ButtonDown, button: 1, x: 0, y: 0 } as const;
const up = { kind: Kind.ButtonUp, button: 1, x: 0, y: 0 } as const;
const last = () => {
  const packet = packets.at(-1);
  if (!packet) throw new Error('nothing was sent');
  return packet;
};

describe('InputSender', () => {
  it('sends nothing without a lease', () => {
    expect(sender.moves([at(1)])).toBe(0);
    expect(sender.reliable(down, 0)).toBe(0);
    expect(packets).toEqual([]);
  });

  it('counts from 1 in each generation, across both channels', () => {
    sender.begin(4);
    expect(sender.moves([at(1), at(2)])).toBe(2);
    expect(sender.reliable(down, 3)).toBe(3);
    expect(sender.moves([at(4)])).toBe(4);
    expect(packets.map((p) => [p.generation, p.first, p.barrier, p.reliable])).toEqual([
      [4, 1, 0, false],
      [4, 3, 0, true],
      [4, 4, 3, false],
    ]);
    sender.begin(5);
    expect(sender.moves([at(1)])).toBe(1);
    expect(last()).toMatchObject({ generation: 5, first: 1, barrier: 0 });
  });

  it('goes on counting when the same generation comes back after a pause', () => {
    sender.begin(4);
    sender.moves([at(1)]);
    sender.end();
    expect(sender.moves([at(2)])).toBe(0);
    sender.begin(4);
    expect(sender.moves([at(3)])).toBe(2);
  });

  it('starts over in a new room, even under the same generation', () => {
    sender.begin(1);
    sender.moves([at(1)]);
    sender.reset();
    expect(sender.generation).toBe(0);
    sender.begin(1);
    expect(sender.moves([at(3)])).toBe(1);
  });

  it('tells the pace of coalesced moves', () => {
    sender.begin(1);
    sender.moves([at(1, 100), at(2, 101.5), at(3, 9999)]);
    expect(last().events.map((e) => e.delay)).toEqual([0, 15, 65535]);
  });

  it('repeats no moves while no button is held', () => {
    sender.begin(1);
    for (let i = 0; i < 5; i++) sender.moves([at(i)]);
    expect(packets.every((p) => p.events.length === 1)).toBe(true);
  });

  it('repeats unconfirmed moves while a button is held, up to the limit', () => {
    sender.begin(1);
    sender.moves([at(0)]);
    sender.reliable(down, 0);
    for (let i = 1; i <= 60; i++) sender.moves([at(i)]);
    const packet = last();
    expect(packet.events).toHaveLength(MAX_REPEATED + 1);
    expect(packet.barrier).toBe(2);
    expect(packet.first + packet.events.length - 1).toBe(62);
    expect(packet.events.map((e) => ('x' in e ? e.x : 0)).at(-1)).toBe(60);

    sender.confirm(1, 61);
    sender.moves([at(61)]);
    expect(last()).toMatchObject({ first: 62, barrier: 2 });
    expect(last().events).toHaveLength(2);

    sender.confirm(9, 1000);
    sender.moves([at(62)]);
    expect(last().events).toHaveLength(3);
  });

  it('tells the time of each packet, across them', () => {
    sender.begin(1);
    sender.moves([at(1, 100)]);
    sender.moves([at(2, 104.25)]);
    expect(packets.map((p) => p.time)).toEqual([1000, 1043]);
    sender.moves([at(3, 0x1_0000_0000 / 10 + 5)]);
    expect(last().time).toBe(50);
  });

  it('repeats a stroke that rests, and nothing else', () => {
    sender.begin(1);
    sender.moves([at(1)]);
    expect(sender.repeat()).toBe(false);
    sender.reliable(down, 2);
    sender.moves([at(3)]);
    sender.moves([at(4)]);
    expect(sender.repeat()).toBe(true);
    expect(last()).toMatchObject({ first: 3, barrier: 2, reliable: false });
    sender.confirm(1, 4);
    expect(sender.repeat()).toBe(false);
  });

  it('carries the end of a stroke with its release', () => {
    sender.begin(1);
    sender.reliable(down, 0);
    sender.moves([at(1)]);
    sender.moves([at(2)]);
    sender.reliable(up, 3);
    expect(last()).toMatchObject({ first: 2, barrier: 1, reliable: true });
    expect(last().events.map((e) => e.kind)).toEqual([Kind.Move, Kind.Move, Kind.ButtonUp]);
    sender.moves([at(4)]);
    expect(last()).toMatchObject({ first: 5, barrier: 4 });
    expect(last().events).toHaveLength(1);
  });

  it('splits a way too long for one packet', () => {
    sender.begin(1);
    sender.moves(Array.from({ length: 40 }, (_, i) => at(i)));
    expect(packets.map((p) => [p.first, p.events.length])).toEqual([
      [1, 16],
      [17, 16],
      [33, 8],
    ]);
  });

  it('knows which buttons are down', () => {
    sender.begin(1);
    sender.reliable(down, 0);
    expect([...sender.buttons]).toEqual([1]);
    sender.reliable({ kind: Kind.ReleaseAll }, 0);
    expect([...sender.buttons]).toEqual([]);
  });
});

describe('a press on a canvas that is on offer', () => {
  const down = { kind: Kind.ButtonDown, button: 1, x: 1, y: 1 } as const;
  const up = { kind: Kind.ButtonUp, button: 1, x: 1, y: 1 } as const;
  const sent: Input[] = [];
  let sender: InputSender;
  beforeEach(() => {
    sent.length = 0;
    sender = new InputSender((bytes) => sent.push(decodeInput(bytes)));
  });

  it('is the first event of its generation, and what follows waits for no answer', () => {
    sender.offer(7);
    expect(sender.generation).toBe(0);
    expect(sender.moves([{ x: 1, y: 1, time: 0 }])).toBe(0);
    expect(sender.reliable(up, 0)).toBe(0);
    expect(sender.reliable(down, 1)).toBe(1);
    expect(sender.moves([{ x: 2, y: 2, time: 2 }])).toBe(2);
    sender.offer(7); // somebody came into line meanwhile
    sender.begin(7);
    expect(sender.reliable(up, 3)).toBe(3);
    expect(sent.map((p) => [p.generation, p.first])).toEqual([
      [7, 1],
      [7, 2],
      [7, 2],
    ]);
  });

  it('sends nothing more once it is refused, nor under that generation again', () => {
    sender.offer(7);
    sender.reliable(down, 1);
    sender.refuse(7);
    expect(sender.generation).toBe(0);
    expect(sender.reliable(up, 2)).toBe(0);
    sender.offer(7);
    expect(sender.ready).toBe(false);
    expect(sender.reliable(down, 3)).toBe(0);
    sender.offer(8);
    expect(sender.reliable(down, 4)).toBe(1);
    sender.refuse(7); // late news
    expect(sender.generation).toBe(8);
  });

  it('sends nothing more under a lease that had ended when the press came', () => {
    sender.begin(7);
    sender.reliable(down, 1);
    sender.reliable(up, 2);
    sender.reliable(down, 3);
    sender.refuse(7);
    expect(sender.generation).toBe(0);
    expect(sender.reliable(up, 4)).toBe(0);
    sender.begin(9);
    expect(sender.reliable(down, 5)).toBe(1);
  });

  it('is over when another offer shows that somebody was faster', () => {
    sender.offer(7);
    sender.reliable(down, 1);
    sender.offer(8);
    expect(sender.generation).toBe(0);
    expect(sender.reliable(down, 2)).toBe(1);
    expect(sent.at(-1)).toMatchObject({ generation: 8, first: 1 });
    sender.offer(0);
    expect(sender.ready).toBe(false);
  });
});
