import type { Role } from './api';

/** Somebody in the room, as a word tells. */
export interface WordPerson {
  identity: string;
  sid: string;
  name: string;
  agent?: boolean;
  attributes: Record<string, string>;
}

/** What a window is told besides its picture: the twin of signaling/word.go. */
export type Word =
  | { type: 'echo' }
  | { type: 'hello'; dialect: 'rfb' | 'kasmvnc' }
  | { type: 'state'; me: string; metadata: string; people: WordPerson[] }
  | { type: 'data'; topic: string; from: string; payload: Uint8Array<ArrayBuffer> }
  | { type: 'said'; lines: WordLine[] };

/** One message of the chat; at is in Unix milliseconds. */
export interface WordLine {
  id: string;
  from: string;
  name: string;
  text: string;
  at: number;
}

/** Attributes of participants. */
export const ROLE = 'easel.role';
export const DISPLAY = 'easel.display';
/** The number of somebody's colour. */
export const COLOUR = 'easel.colour';
/** How large things are drawn on it, in percent. */
export const SCALE = 'easel.scale';
/** Why the display is not as it was last asked for, in words. */
export const UNFIT = 'easel.display.unfit';

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** Reads a word; null for one that this client does not know. */
export function readWord(json: string): Word | null {
  const word = record(JSON.parse(json));
  switch (word.type) {
    case 'echo':
      return { type: 'echo' };
    case 'hello':
      return { type: 'hello', dialect: word.dialect === 'kasmvnc' ? 'kasmvnc' : 'rfb' };
    case 'state':
      return {
        type: 'state',
        me: text(word.me),
        metadata: text(word.metadata),
        people: (Array.isArray(word.people) ? word.people : []).map(personOf),
      };
    case 'data':
      return {
        type: 'data',
        topic: text(word.topic),
        from: text(word.from),
        payload: bytesOf(text(word.payload)),
      };
    case 'said':
      return { type: 'said', lines: (Array.isArray(word.lines) ? word.lines : []).map(lineOf) };
    default:
      return null;
  }
}

function lineOf(value: unknown): WordLine {
  const line = record(value);
  return {
    id: text(line.id),
    from: text(line.from),
    name: text(line.name),
    text: text(line.text),
    at: typeof line.at === 'number' ? line.at : 0,
  };
}

function personOf(value: unknown): WordPerson {
  const person = record(value);
  const attributes = Object.entries(record(person.attributes)).map(([k, v]) => [k, text(v)]);
  return {
    identity: text(person.identity),
    sid: text(person.sid),
    name: text(person.name),
    agent: person.agent === true,
    attributes: Object.fromEntries(attributes),
  };
}

/** A data packet as a word. */
export function dataWord(topic: string, payload: Uint8Array, lossy: boolean): object {
  let binary = '';
  for (const byte of payload) binary += String.fromCharCode(byte);
  return { type: 'data', topic, lossy, payload: btoa(binary) };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

export const roleOf = (attributes: Record<string, string>): Role | 'agent' =>
  (attributes[ROLE] as Role | 'agent' | undefined) ?? 'viewer';
