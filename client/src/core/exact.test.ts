import { describe, expect, it } from 'vitest';
import { ExactWatch } from './exact';

describe('the exact mark', () => {
  const watch = () => {
    const changes: boolean[] = [];
    return { changes, watch: new ExactWatch((is) => changes.push(is)) };
  };

  it('shows when the frame told of is on screen, whichever is heard of first', () => {
    const a = watch();
    a.watch.presented(1);
    a.watch.told(2);
    a.watch.presented(2);
    expect(a.changes).toEqual([true]);
    const b = watch();
    b.watch.presented(0xffffffff);
    b.watch.told(0xffffffff);
    expect(b.changes).toEqual([true]);
  });

  it('goes with the next frame, and comes with the next word', () => {
    const { changes, watch: w } = watch();
    w.told(2);
    w.presented(2);
    w.presented(3);
    w.presented(4);
    w.told(4);
    expect(changes).toEqual([true, false, true]);
  });

  it('is away as long as the connection', () => {
    const { changes, watch: w } = watch();
    w.told(2);
    w.presented(2);
    w.live(false);
    w.told(2);
    expect(changes).toEqual([true, false]);
    w.live(true);
    expect(changes).toEqual([true, false, true]);
  });

  it('stays away when another picture came back', () => {
    const { changes, watch: w } = watch();
    w.told(2);
    w.presented(2);
    w.live(false);
    w.presented(3);
    w.live(true);
    expect(changes).toEqual([true, false]);
  });

  it('goes with the picture', () => {
    const { changes, watch: w } = watch();
    w.told(2);
    w.presented(2);
    w.restart();
    w.told(2);
    expect(changes).toEqual([true, false]);
  });
});
