import { describe, expect, it } from 'vitest';
import {
  due,
  HEAD_START_MS,
  type PathEvent,
  type PathState,
  routeOf,
  start,
  step,
  wanted,
} from './path';

const run = (events: [number, PathEvent][], pin: PathState['pin'] = 'auto') =>
  events.reduce((state, [at, event]) => step(state, event, at), start(pin, 0));

const picture = (path: 'webrtc' | 'vnc'): PathEvent => ({ type: 'picture', path });
const broken = (path: 'webrtc' | 'vnc'): PathEvent => ({ type: 'broken', path, why: 'stalled' });

describe('the way to the picture', () => {
  it('gives WebRTC a head start', () => {
    const fresh = start('auto', 0);
    expect(wanted(fresh, 0)).toEqual({ webrtc: true, vnc: false });
    expect(due(fresh, 200)).toBe(HEAD_START_MS - 200);
    expect(wanted(fresh, HEAD_START_MS)).toEqual({ webrtc: true, vnc: true });
    expect(due(fresh, HEAD_START_MS)).toBeNull();
  });

  it('never tries VNC while WebRTC shows the canvas', () => {
    const shown = run([[300, picture('webrtc')]]);
    expect(shown.shown).toBe('webrtc');
    expect(wanted(shown, 60_000)).toEqual({ webrtc: true, vnc: false });
    expect(due(shown, 300)).toBeNull();
  });

  it('shows whichever comes first, and the better when it comes', () => {
    const first = run([[1500, picture('vnc')]]);
    expect(first.shown).toBe('vnc');
    expect(first.why).toBe('silent');
    const better = step(first, picture('webrtc'), 4000);
    expect(better.shown).toBe('webrtc');
    expect(wanted(better, 4000).vnc).toBe(false);
  });

  it('keeps the last picture until VNC has one, when media stalls', () => {
    const stalled = run([
      [300, picture('webrtc')],
      [9000, broken('webrtc')],
    ]);
    expect(stalled.shown).toBe('webrtc');
    expect(wanted(stalled, 9000)).toEqual({ webrtc: true, vnc: true });
    const over = step(stalled, picture('vnc'), 9400);
    expect(over).toMatchObject({ shown: 'vnc', why: 'stalled' });
    expect(step(over, picture('webrtc'), 20_000).shown).toBe('webrtc');
  });

  it('ignores a VNC picture that comes after WebRTC is back', () => {
    const back = run([
      [300, picture('webrtc')],
      [9000, broken('webrtc')],
      [9300, picture('webrtc')],
      [9400, picture('vnc')],
    ]);
    expect(back.shown).toBe('webrtc');
  });

  it('follows a pin, and lets go of it', () => {
    const pinned = run([
      [300, picture('webrtc')],
      [1000, { type: 'pin', pin: 'vnc' }],
    ]);
    expect(wanted(pinned, 1000)).toEqual({ webrtc: false, vnc: true });
    expect(pinned.shown).toBe('webrtc');
    const vnc = step(pinned, picture('vnc'), 1300);
    expect(vnc).toMatchObject({ shown: 'vnc', why: 'chosen' });
    const free = step(step(vnc, broken('webrtc'), 1400), { type: 'pin', pin: 'auto' }, 2000);
    expect(wanted(free, 2000)).toEqual({ webrtc: true, vnc: true });
    expect(step(free, picture('webrtc'), 2500).shown).toBe('webrtc');
    expect(step(vnc, { type: 'pin', pin: 'auto' }, 2000)).toMatchObject({
      shown: 'webrtc',
      why: 'best',
    });
    const only = run([[300, picture('vnc')]], 'webrtc');
    expect(only.shown).toBeNull();
    expect(wanted(only, 60_000).vnc).toBe(false);
  });

  it('takes the same way by another route for another connection', () => {
    const tcp = run([
      [300, picture('webrtc')],
      [1000, { type: 'pin', pin: 'tcp' }],
    ]);
    expect(routeOf(tcp.pin)).toBe('tcp');
    expect(wanted(tcp, 60_000)).toEqual({ webrtc: true, vnc: false });
    expect(tcp.good.webrtc).toBe(false);
    expect(tcp.shown).toBe('webrtc');
    expect(step(tcp, picture('webrtc'), 1500)).toMatchObject({ shown: 'webrtc', why: 'chosen' });
  });
});
