import { describe, expect, it } from 'vitest';
import { ECHO_MS, PULSE_MS, Pulse } from './pulse';

describe('the pulse of a connection', () => {
  const beats = (pulse: Pulse, from: number, count: number, asleep = false) =>
    Array.from({ length: count }, (_, i) => pulse.feel(from + i * PULSE_MS, asleep));

  it('asks into the silence, and calls what stays silent stalled', () => {
    const pulse = new Pulse();
    pulse.feel(0, false);
    pulse.heard(0);
    const found = beats(pulse, PULSE_MS, 7);
    expect(found).toEqual([null, 'echo', 'echo', 'echo', 'echo', 'echo', 'stalled']);
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
    expect(beats(pulse, 60_000 + PULSE_MS, 9, true)).not.toContain('stalled');
  });

  it('takes a page that was late to ask for no stall', () => {
    const pulse = new Pulse();
    pulse.feel(0, false);
    pulse.heard(0);
    expect(pulse.feel(3 * ECHO_MS + PULSE_MS, false)).toBe('echo');
  });
});
