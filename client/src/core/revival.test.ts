import { describe, expect, it } from 'vitest';
import { DATA_MS, FRESH_MS, PICTURE_MS, Revival } from './revival';

describe('a connection that stalled', () => {
  it('is replaced when nothing answers for a while', () => {
    const revival = new Revival(1000, 5);
    expect(revival.hopeless(1000, 7)).toBe(false);
    expect(revival.hopeless(1000 + FRESH_MS - 1, 7)).toBe(false);
    expect(revival.hopeless(1000 + FRESH_MS, 7)).toBe(true);
  });

  it('has a moment for its data once ICE is answered', () => {
    const revival = new Revival(1000, 5);
    expect(revival.hopeless(1200, 7)).toBe(false);
    expect(revival.hopeless(1400, 8)).toBe(false);
    expect(revival.hopeless(1400 + DATA_MS - 1, 9)).toBe(false);
    expect(revival.hopeless(1400 + DATA_MS, 12)).toBe(true);
  });

  it('is not given up early for being answered late', () => {
    const revival = new Revival(0, 5);
    revival.hopeless(0, 7);
    expect(revival.hopeless(FRESH_MS - 1, 8)).toBe(false);
    expect(revival.hopeless(FRESH_MS + 1, 8)).toBe(false);
  });

  it('is proven by an echo of what was asked since', () => {
    const revival = new Revival(1000, 5);
    revival.echoed(5);
    expect(revival.proven).toBe(false);
    revival.echoed(6);
    expect(revival.proven).toBe(true);
  });

  it('is replaced when data comes and no picture', () => {
    const revival = new Revival(1000, 5);
    revival.hopeless(1000, 7);
    expect(revival.hopeless(1200, 8)).toBe(false);
    revival.echoed(6);
    expect(revival.hopeless(1200 + DATA_MS, 9)).toBe(false);
    expect(revival.hopeless(1200 + PICTURE_MS, 9)).toBe(true);
  });

  it('waits where ICE says nothing', () => {
    const revival = new Revival(0, 5);
    expect(revival.hopeless(100, null)).toBe(false);
    expect(revival.hopeless(FRESH_MS, null)).toBe(true);
  });
});
