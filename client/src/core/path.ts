/** The ways a picture of the canvas can come, the better first. */
export type Path = 'webrtc' | 'vnc';

/** What a person has chosen: one way, or whichever is best. */
export type Pin = 'auto' | Path;

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
  /** Why, for people. */
  why: string;
  /** Ways whose picture is there and goes on. */
  good: Readonly<Record<Path, boolean>>;
  /** When VNC is to be tried beside WebRTC, in the base of performance.now(). */
  second: number;
}

export type PathEvent =
  /** A way's first picture, or its first after it broke, was decoded. */
  | { type: 'picture'; path: Path }
  /** A way shows nothing any more; why, for people. */
  | { type: 'broken'; path: Path; why: string }
  | { type: 'pin'; pin: Pin };

export function start(pin: Pin, now: number): PathState {
  return {
    pin,
    shown: null,
    why: '',
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

const allowed = (state: PathState, path: Path) => state.pin === 'auto' || state.pin === path;

function pictured(state: PathState, path: Path): PathState {
  if (state.good[path]) return state;
  const next = { ...state, good: { ...state.good, [path]: true } };
  const better = path === 'webrtc' || !next.good.webrtc || state.pin === 'vnc';
  if (!allowed(state, path) || !better || state.shown === path) return next;
  const why =
    state.pin === path
      ? 'you chose it'
      : path === 'webrtc'
        ? 'the best way'
        : state.why || 'WebRTC has shown nothing yet';
  return { ...next, shown: path, why };
}

function broken(state: PathState, path: Path, why: string, now: number): PathState {
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
  const next = { ...state, pin, second: now };
  const best = (['webrtc', 'vnc'] as const).find((p) => state.good[p] && allowed(next, p));
  if (!best || best === state.shown) return { ...next, why: '' };
  return { ...next, shown: best, why: pin === 'auto' ? 'the best way' : 'you chose it' };
}
