import type { Role } from './api';
import type { Lease } from './wire';

/** How the connection to the room is. */
export type LinkState = 'connecting' | 'connected' | 'reconnecting' | 'lost';

export interface Situation {
  link: LinkState;
  /** Whether the display's picture is being received. */
  picture: boolean;
  /** Own identity and role. */
  me: string;
  role: Role;
  lease: Lease | null;
  nameOf(identity: string): string;
}

/** What somebody can do about control of the canvas. */
export type Move = 'take' | 'request' | 'release';

/** Who draws, and what this person can do about it. */
export interface Standing {
  mayDraw: boolean;
  /** Why not, for people; '' when there is nothing to say. */
  text: string;
  moves: { move: Move; label: string }[];
}

const standing = (text: string, ...moves: Standing['moves']): Standing => ({
  mayDraw: false,
  text,
  moves,
});

/** Answers "why can't I draw?". */
export function standingOf({ link, picture, me, role, lease, nameOf }: Situation): Standing {
  if (link === 'lost') return standing('Connection lost');
  if (link !== 'connected') return standing(link === 'connecting' ? 'Connecting' : 'Reconnecting');
  if (!picture) return standing('Waiting for the picture');
  if (lease?.holder && lease.holder === me) return { mayDraw: true, text: '', moves: [] };

  const free = !lease?.holder;
  const drawing = free ? 'Nobody is drawing' : `${nameOf(lease.holder)} is drawing`;
  if (role === 'viewer') return standing(`View only. ${drawing}`);
  if (free) return standing(drawing, { move: 'take', label: 'Draw' });
  const waiting = lease.waiting.includes(me);
  if (role === 'owner') return standing(drawing, { move: 'take', label: 'Take over' });
  if (waiting) return standing(`${drawing}. You asked`, { move: 'release', label: 'Never mind' });
  return standing(drawing, { move: 'request', label: 'Ask to draw' });
}

/** "Olga Berg" → "OB", for a small circle. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return (
    letters
      .map((word) => [...(word ?? '')][0] ?? '')
      .join('')
      .toLocaleUpperCase() || '?'
  );
}
