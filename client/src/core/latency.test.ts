import { beforeEach, describe, expect, it } from 'vitest';
import { PhotonMeter, type PhotonSample, reached } from './latency';

let samples: PhotonSample[];
let meter: PhotonMeter;

beforeEach(() => {
  samples = [];
  meter = new PhotonMeter(1_000_000, (s) => samples.push(s));
});

const tag = (sequence: number, rtpTimestamp: number, generation = 1) => ({
  sequence,
  rtpTimestamp,
  generation,
  injected: 10,
  captured: 20,
  encoded: 30,
});

it('compares RTP timestamps across the wrap', () => {
  expect(reached(5, 5)).toBe(true);
  expect(reached(6, 5)).toBe(true);
  expect(reached(4, 5)).toBe(false);
  expect(reached(3, 0xfffffff0)).toBe(true);
  expect(reached(0xfffffff0, 3)).toBe(false);
});

describe('PhotonMeter', () => {
  it('measures when the tag comes before the frame', () => {
    meter.sent(1, 7, 100);
    meter.tagged(tag(7, 9000));
    meter.presented(8999, 105);
    expect(samples).toEqual([]);
    meter.presented(9000, 112.5);
    expect(samples).toEqual([
      {
        photonMs: 12.5,
        sentAt: 1_000_100_000,
        injected: 10,
        captured: 20,
        encoded: 30,
        presented: 1_000_112_500,
        rtpTimestamp: 9000,
      },
    ]);
  });

  it('measures when the frame comes before the tag, against the first frame that shows it', () => {
    meter.sent(1, 7, 100);
    meter.presented(8000, 101);
    meter.presented(9500, 110);
    meter.presented(9900, 130);
    meter.tagged(tag(7, 9000));
    expect(samples.map((s) => s.photonMs)).toEqual([10]);
  });

  it('measures an event once', () => {
    meter.sent(1, 7, 100);
    for (const rtp of [1, 2, 3]) {
      meter.tagged(tag(7, rtp));
      meter.presented(rtp, 110 + rtp);
    }
    expect(samples).toHaveLength(1);
  });

  it('ignores events of others, other generations and damage of other origin', () => {
    meter.sent(1, 7, 100);
    meter.tagged(tag(8, 1));
    meter.tagged(tag(7, 1, 2));
    meter.tagged({ ...tag(7, 1), captured: 300_000 });
    meter.presented(1, 110);
    expect(samples).toEqual([]);
  });

  it('forgets the clock of a former track', () => {
    meter.sent(1, 7, 100);
    meter.presented(1_000_000, 50);
    meter.restart();
    meter.tagged(tag(7, 5));
    expect(samples).toEqual([]);
    meter.presented(5, 130);
    expect(samples).toHaveLength(1);
  });

  it('sums up and reports', () => {
    expect(meter.summary()).toBeNull();
    for (let i = 1; i <= 100; i++) {
      meter.sent(1, i, 0);
      meter.tagged(tag(i, i));
      meter.presented(i, i);
    }
    expect(meter.summary()).toEqual({ count: 100, p50: 51, p95: 96 });
    expect(meter.drain()).toHaveLength(100);
    expect(meter.drain()).toEqual([]);
  });

  it('keeps bounded memory', () => {
    for (let i = 1; i <= 5000; i++) {
      meter.sent(1, i, i);
      meter.tagged(tag(i, i * 10));
    }
    meter.presented(50_000, 6000);
    expect(samples.length).toBeLessThanOrEqual(64);
    expect(meter.drain().length).toBeLessThanOrEqual(256);
  });
});
