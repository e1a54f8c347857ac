/** The ways a picture of the canvas can come, the better first. */
export type Path = 'webrtc' | 'vnc';

/**
 * What a person has chosen: whichever is best, VNC, WebRTC, or WebRTC by one way
 * through the network: TCP alone, or a TURN server.
 */
export type Pin = 'auto' | 'webrtc' | 'tcp' | 'relay' | 'vnc';

/** Which way WebRTC is held to. */
export type Route = 'any' | 'tcp' | 'relay';

/** Why the picture comes the way it does. */
export type Why = 'none' | 'best' | 'chosen' | 'silent' | 'stalled' | 'lost' | 'ended';

/** The same for people, after "WebRTC: ". */
export const WHY: Record<Why, string> = {
  none: '',
  best: 'the best way',
  chosen: 'you chose it',
  silent: 'WebRTC has shown nothing yet',
  stalled: 'WebRTC stalled',
  lost: 'WebRTC lost its connection',
  ended: 'VNC ended',
};

/** How long WebRTC has for its first picture before VNC is tried beside it. */
export const HEAD_START_MS = 1200;

/**
 * Which way the picture comes. WebRTC is always tried; VNC beside it while WebRTC
 * shows nothing. The first picture wins, and the better one takes over when its
 * own is there. What was shown last stays until something else can be.
 */
export interface PathState {
  pin: Pin;
  /** The way that is shown; null before the first picture. */
  shown: Path | null;
  why: Why;
  /** Ways whose picture is there and goes on. */
  good: Readonly<Record<Path, boolean>>;
  /** When VNC is to be tried beside WebRTC, in the base of performance.now(). */
  second: number;
}

export type PathEvent =
  /** A way's first picture, or its first after it broke, was decoded. */
  | { type: 'picture'; path: Path }
  /** A way shows nothing any more. */
  | { type: 'broken'; path: Path; why: Why }
  | { type: 'pin'; pin: Pin };

export const pathOf = (pin: Pin): Path | null =>
  pin === 'auto' ? null : pin === 'vnc' ? 'vnc' : 'webrtc';

export const routeOf = (pin: Pin): Route => (pin === 'tcp' || pin === 'relay' ? pin : 'any');

export function start(pin: Pin, now: number): PathState {
  return {
    pin,
    shown: null,
    why: 'none',
    good: { webrtc: false, vnc: false },
    second: now + HEAD_START_MS,
  };
}

/** Which ways are to be open at a time. */
export function wanted(state: PathState, now: number): Record<Path, boolean> {
  const beside = state.pin === 'auto' && !state.good.webrtc && now >= state.second;
  return { webrtc: state.pin !== 'vnc', vnc: state.pin === 'vnc' || beside };
}

/** When wanted changes by time alone: in so many milliseconds; null: it does not. */
export function due(state: PathState, now: number): number | null {
  if (state.pin !== 'auto' || state.good.webrtc || now >= state.second) return null;
  return state.second - now;
}

export function step(state: PathState, event: PathEvent, now: number): PathState {
  switch (event.type) {
    case 'picture':
      return pictured(state, event.path);
    case 'broken':
      return broken(state, event.path, event.why, now);
    case 'pin':
      return pinned(state, event.pin, now);
  }
}

const allowed = ({ pin }: PathState, path: Path) => pin === 'auto' || pathOf(pin) === path;

function pictured(state: PathState, path: Path): PathState {
  if (state.good[path]) return state;
  const next = { ...state, good: { ...state.good, [path]: true } };
  const better = path === 'webrtc' || !next.good.webrtc || state.pin === 'vnc';
  if (!allowed(state, path) || !better) return next;
  return { ...next, shown: path, why: reason(state, path) };
}

function reason({ pin, why }: PathState, path: Path): Why {
  if (pathOf(pin) === path) return 'chosen';
  if (path === 'webrtc') return 'best';
  return why === 'stalled' || why === 'lost' ? why : 'silent';
}

function broken(state: PathState, path: Path, why: Why, now: number): PathState {
  if (!state.good[path]) return state;
  const next = { ...state, good: { ...state.good, [path]: false } };
  if (path === 'webrtc') return { ...next, why, second: now };
  // Of a broken VNC nothing is kept that WebRTC could not show better.
  if (state.shown === 'vnc' && next.good.webrtc && allowed(state, 'webrtc')) {
    return { ...next, shown: 'webrtc', why };
  }
  return next;
}

function pinned(state: PathState, pin: Pin, now: number): PathState {
  // Another route is another connection, which has to prove itself.
  const same = routeOf(pin) === routeOf(state.pin);
  const good = same ? state.good : { ...state.good, webrtc: false };
  const next = { ...state, pin, good, second: now };
  const best = (['webrtc', 'vnc'] as const).find((p) => good[p] && allowed(next, p));
  if (!best) return { ...next, why: 'none' };
  return {
    ...next,
    shown: best,
    why: pin === 'auto' && best === 'webrtc' ? 'best' : reason(next, best),
  };
}
