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
  /** Whether a press draws: this person holds the canvas, or it is free to them. */
  mayDraw: boolean;
  /** The generation under which a press takes the canvas; 0 when none does. */
  offered: number;
  /** Why not, for people; '' when there is nothing to say. */
  text: string;
  /** Whether that is worth saying before somebody tries. */
  said: boolean;
  moves: { move: Move; label: string }[];
}

const blocked = (text: string, ...moves: Standing['moves']): Standing => ({
  mayDraw: false,
  offered: 0,
  text,
  said: true,
  moves,
});

/** Answers "why can't I draw?". */
export function standingOf({ link, picture, me, role, lease, nameOf }: Situation): Standing {
  if (link === 'lost') return blocked('Connection lost');
  if (link !== 'connected') return blocked(link === 'connecting' ? 'Connecting' : 'Reconnecting');
  if (!picture) return blocked('Waiting for the picture');
  if (!lease) return blocked('Waiting for the room');
  const free: Standing = { mayDraw: true, offered: 0, text: '', said: false, moves: [] };
  if (lease.holder !== '' && lease.holder === me) return free;

  const drawing = lease.holder ? `${nameOf(lease.holder)} is drawing` : 'Nobody is drawing';
  if (role === 'viewer') return blocked(`View only. ${drawing}`);

  const place = lease.waiting.indexOf(me);
  const dropOut = { move: 'release', label: 'Never mind' } as const;
  const { policy, presenter } = lease.rules;
  if (policy === 'presenter' && role !== 'owner' && presenter !== me) {
    const who = presenter ? `${nameOf(presenter)} presents` : 'Only the owner draws here';
    if (place >= 0) return blocked(`${who}. Waiting for an answer`, dropOut);
    return blocked(who, { move: 'request', label: 'Ask to draw' });
  }
  if (!lease.holder) return { ...free, offered: lease.generation };

  const takeOver = { move: 'take', label: 'Take over' } as const;
  if (policy === 'open') {
    // Between two strokes of theirs a press takes the canvas: only trying tells.
    const open = { mayDraw: false, offered: lease.generation + 1 };
    if (place >= 0) {
      const turn = place === 0 ? 'You are next' : `You are number ${place + 1} in line`;
      return { ...open, text: `${drawing}. ${turn}`, said: true, moves: [dropOut] };
    }
    const next = { move: 'request', label: 'Draw next' } as const;
    return { ...open, text: drawing, said: false, moves: [role === 'owner' ? takeOver : next] };
  }
  if (role === 'owner') return blocked(drawing, takeOver);
  if (place >= 0) return blocked(`${drawing}. Waiting for an answer`, dropOut);
  return blocked(drawing, { move: 'request', label: 'Ask to draw' });
}

/** Why a press was refused, for whoever pressed; '' for what the standing says. */
export function refusalOf(code: string, reason: string): string {
  switch (code) {
    case 'busy':
    case 'view_only':
    case 'presenter':
      return '';
    case 'stale':
    case 'not_holder':
      return 'Somebody was faster';
    default:
      return sentence(reason);
  }
}

/** "somebody is drawing" → "Somebody is drawing." */
export const sentence = (text: string): string =>
  text && `${text[0]?.toUpperCase()}${text.slice(1).replace(/\.?$/, '.')}`;

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
