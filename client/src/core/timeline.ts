import type { Entry } from './api';

const AS = { owner: 'an owner', editor: 'an editor', viewer: 'a viewer', agent: 'the canvas' };

/** Tells an entry of the timeline in one sentence. */
export function tellingOf(entry: Entry): string {
  const who = entry.name || entry.who || 'Somebody';
  const by = entry.by_name || (entry.by ? entry.by : 'The server');
  switch (entry.kind) {
    case 'opened':
      return 'The room opened';
    case 'closed':
      return 'The room closed';
    case 'joined':
      return entry.role === 'agent' ? 'The canvas came up' : `${who} joined as ${as(entry)}`;
    case 'left':
      return entry.role === 'agent' ? 'The canvas went away' : `${who} left`;
    case 'drew':
      return `${who} ${entry.until ? 'drew' : 'draws'}${spanOf(entry)}`;
    case 'became':
      return `${by} made ${who} ${as(entry)}`;
    case 'removed':
      return `${by} removed ${who}`;
    case 'policy':
      return entry.who
        ? `${by} named ${who} to present`
        : `${by} chose the policy "${entry.policy}"`;
    case 'locked':
      return `${by} locked the session`;
    case 'unlocked':
      return `${by} unlocked the session`;
    case 'muted':
      return `${by} kept the chat to owners`;
    case 'unmuted':
      return `${by} opened the chat`;
    case 'shared':
      return `${by} had everybody paint with the same tools`;
    case 'unshared':
      return `${by} gave everybody their own tools`;
    case 'invited':
      return `${by} made an invitation for ${as(entry)}`;
    case 'revoked':
      return `${by} revoked an invitation`;
    default:
      return entry.kind;
  }
}

const as = ({ role }: Entry): string => (role && AS[role]) || 'somebody';

function spanOf({ at, until, times }: Entry): string {
  const many = times && times > 1 ? `, ${times} times` : '';
  if (!until) return many;
  const seconds = Math.max(1, Math.round((Date.parse(until) - Date.parse(at)) / 1000));
  const span = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return ` for ${span}${many}`;
}
