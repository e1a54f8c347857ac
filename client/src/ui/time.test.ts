import { describe, expect, it } from 'vitest';
import { ago, hours } from './time';

describe('hours', () => {
  it('says hours and minutes, and no more than went by', () => {
    expect([0, 59, 60, 3599, 3600, 3660, 90_000].map(hours)).toEqual([
      '0 min',
      '0 min',
      '1 min',
      '59 min',
      '1 h',
      '1 h 1 min',
      '25 h',
    ]);
  });
});

describe('ago', () => {
  it('says when, also of what is to come', () => {
    const now = Date.parse('2026-01-02T00:00:00Z');
    expect(ago('2026-01-01T22:00:00Z', now)).toBe('2 hours ago');
    expect(ago('2026-01-05T00:00:00Z', now)).toBe('in 3 days');
    expect(ago('no time', now)).toBe('');
  });
});
