import { describe, expect, it } from 'vitest';
import { PULSE_MS, Pulse, STALL_MS } from './pulse';

describe('the pulse of a connection', () => {
  const beats = (pulse: Pulse, from: number, count: number, asleep = false) =>
    Array.from({ length: count }, (_, i) => pulse.feel(from + i * PULSE_MS, asleep));

  it('asks into the silence, and calls what stays silent stalled', () => {
    const pulse = new Pulse();
    pulse.feel(0, false);
    pulse.heard(0);
    expect(beats(pulse, PULSE_MS, 4)).toEqual(['echo', 'echo', 'echo', 'stalled']);
    expect(STALL_MS).toBeLessThan(4 * PULSE_MS);
  });

  it('is content while something comes', () => {
    const pulse = new Pulse();
    pulse.feel(0, false);
    for (let now = PULSE_MS; now < 10_000; now += PULSE_MS) {
      pulse.heard(now - 10);
      expect(pulse.feel(now, false)).toBeNull();
    }
  });

  it('takes sleep for no stall', () => {
    const pulse = new Pulse();
    pulse.feel(0, false);
    pulse.heard(0);
    expect(pulse.feel(60_000, false)).toBe('echo');
    expect(beats(pulse, 60_000 + PULSE_MS, 5, true)).not.toContain('stalled');
  });
});
