import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PhotonMeter, type PhotonSample } from '../latency';
import { decodeInput, type Input, Kind } from '../wire';
import { Hand } from './hand';

let packets: Input[];
let samples: PhotonSample[];
let meter: PhotonMeter;
let hand: Hand;

beforeEach(() => {
  vi.useFakeTimers();
  packets = [];
  samples = [];
  meter = new PhotonMeter(0, (s) => samples.push(s));
  const defer = (callback: () => void, ms: number) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  };
  hand = new Hand((bytes) => packets.push(decodeInput(bytes)), meter, defer);
});

const at = (x: number) => ({ x, y: 0, time: x });
const ways = () => packets.map((p) => p.events.map((e) => ('x' in e ? e.x : -1)));

describe('Hand', () => {
  it('sends the first move at once and collects what follows within 4 ms', () => {
    hand.hold(1);
    hand.moves([at(1)]);
    expect(ways()).toEqual([[1]]);
    hand.moves([at(2)]);
    hand.moves([at(3)]);
    expect(ways()).toEqual([[1]]);
    vi.advanceTimersByTime(4);
    expect(ways()).toEqual([[1], [2, 3]]);
    vi.advanceTimersByTime(100);
    hand.moves([at(4)]);
    expect(ways()).toEqual([[1], [2, 3], [4]]);
  });

  it('says nothing of points on the same pixel', () => {
    hand.hold(1);
    hand.moves([at(1), at(1), at(2)]);
    vi.advanceTimersByTime(10);
    hand.moves([at(2)]);
    hand.moves([]);
    expect(ways()).toEqual([[1, 2]]);
  });

  it('never lets a press overtake the moves before it', () => {
    hand.hold(1);
    hand.moves([at(1)]);
    hand.moves([at(2)]);
    hand.send({ kind: Kind.ButtonDown, button: 1, x: 2, y: 0 }, 3);
    expect(packets.map((p) => p.first)).toEqual([1, 2, 3]);
  });

  it('sends the last moves of a stroke again while the hand rests', () => {
    hand.hold(1);
    hand.send({ kind: Kind.ButtonDown, button: 1, x: 0, y: 0 }, 0);
    hand.moves([at(1)]);
    vi.advanceTimersByTime(1000);
    expect(packets.slice(1).map((p) => p.first)).toEqual([2, 2, 2, 2, 2]);
    hand.moves([at(2)]);
    const times = { injected: 0, captured: 0, encoded: 0 };
    hand.tagged({ generation: 1, sequence: 3, rtpTimestamp: 5, ...times });
    vi.advanceTimersByTime(1000);
    expect(packets).toHaveLength(7);
  });

  it('drops what was collected when the lease ends', () => {
    hand.hold(1);
    hand.moves([at(1)]);
    hand.moves([at(2)]);
    hand.hold(0);
    vi.advanceTimersByTime(100);
    expect(ways()).toEqual([[1]]);
    expect(hand.draws).toBe(false);
  });

  it('follows each event to the screen', () => {
    hand.hold(1);
    hand.moves([at(10), at(12)]);
    const times = { injected: 0, captured: 0, encoded: 0 };
    hand.tagged({ generation: 1, sequence: 1, rtpTimestamp: 5, ...times });
    meter.presented(5, 30);
    hand.tagged({ generation: 1, sequence: 2, rtpTimestamp: 9, ...times });
    meter.presented(9, 40);
    expect(samples.map((s) => s.photonMs)).toEqual([20, 28]);
  });
});
