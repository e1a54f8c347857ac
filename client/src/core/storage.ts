/** Storage of people's own that is kept the same as folders of a session. */

import { at, call } from './api';
import { sizeOf } from './files';

export interface Remote {
  id: string;
  /** Of its folder. */
  name: string;
  kind: string;
  path: string;
  paused: boolean;
  /** KiB a second; 0: no bound. */
  limit: number;
  state: 'waiting' | 'syncing' | 'synced' | 'paused' | 'failed';
  problem: string;
  synced_at: string | null;
  files: number;
  done: number;
  of: number;
  current: string;
  bytes: number;
  size: number;
  speed: number;
  conflicts: string[];
  skipped: number;
  rescued: number;
}

/** Storage that could be connected again. */
export interface Known {
  id: string;
  name: string;
  kind: string;
}

export interface Option {
  name: string;
  help: string;
  type: string;
  default: string;
  required: boolean;
  advanced: boolean;
  secret: boolean;
  examples?: { value: string; help: string; only?: string }[];
  only?: string;
}

export interface Provider {
  name: string;
  description: string;
  options: Option[];
  oauth: boolean;
}

export interface Wish {
  name: string;
  kind: string;
  path: string;
  parameters: Record<string, string>;
}

/** Whether what an option is for includes a choice of the option "provider". */
export function fits(only: string | undefined, choice: string): boolean {
  if (!only) return true;
  const not = only.startsWith('!');
  const named = (not ? only.slice(1) : only).split(',').includes(choice);
  return named !== not;
}

/** The options to ask for, once each: rclone describes some for each choice anew. */
export function asked(provider: Provider, choice: string, advanced: boolean): Option[] {
  const seen = new Set<string>();
  return provider.options.filter((option) => {
    const first = provider.oauth && option.name === 'token';
    if ((option.advanced && !first) !== advanced) return false;
    if (!fits(option.only, choice) || seen.has(option.name)) return false;
    seen.add(option.name);
    return true;
  });
}

/** An option's name for people. */
export function titleOf(name: string): string {
  if (name === 'pass') return 'Password';
  const words = name
    .replaceAll('_', ' ')
    .replace(/\b(url|id|ssl|tls|acl|api|sse|kms)\b/g, (word) => word.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The first sentence of rclone's help. */
export const hintOf = (help: string): string => help.split('\n')[0]?.trim() ?? '';

/** The usual kinds come first, then all by what they are called. */
const USUAL = [
  'drive',
  'dropbox',
  'onedrive',
  's3',
  'webdav',
  'sftp',
  'box',
  'pcloud',
  'b2',
  'smb',
];

export function ordered(providers: Provider[]): Provider[] {
  const rank = ({ name }: Provider) => USUAL.indexOf(name) + 1 || USUAL.length + 1;
  return [...providers].sort(
    (a, b) => rank(a) - rank(b) || a.description.localeCompare(b.description),
  );
}

/** How a remote fares, in a few words. */
export function fareOf(remote: Remote): string {
  const { state, done, of, current, speed, files } = remote;
  const name = current.slice(current.lastIndexOf('/') + 1);
  switch (state) {
    case 'syncing': {
      if (!current) return 'Looking for changes';
      return [`${done + 1} of ${of}`, name, speed > 0 ? `${sizeOf(speed)}/s` : '']
        .filter(Boolean)
        .join(' · ');
    }
    case 'synced':
      return files === 1 ? 'In step · 1 file' : `In step · ${files} files`;
    case 'paused':
      return 'Paused';
    case 'failed':
      return remote.problem;
    default:
      return 'Waits for its turn';
  }
}

/** What people should know about a remote besides; empty: nothing. */
export function wordsOf({ conflicts, skipped, rescued }: Remote): string[] {
  const words: string[] = [];
  if (rescued > 0) words.push(`${rescued} files were gone at once and were brought back.`);
  if (conflicts.length > 0) {
    const last = conflicts.at(-1) ?? '';
    words.push(`Changed on both sides, so kept twice: ${last.slice(last.lastIndexOf('/') + 1)}`);
  }
  if (skipped > 0)
    words.push(
      `${skipped === 1 ? '1 file has a name' : `${skipped} files have names`} that can’t be synced.`,
    );
  return words;
}

/** The storage of one session over REST. */
export const storageOf = (session: string) => {
  const path = (rest: string) => at(session, `/remotes${rest}`);
  const one = (id: string) => path(`/${encodeURIComponent(id)}`);
  return {
    list: () => call<{ remotes: Remote[]; others: Known[]; mine: boolean }>('GET', path('')),
    providers: async () =>
      (await call<{ providers: Provider[] }>('GET', at(session, '/providers'))).providers,
    connect: (wish: Wish) => call<Known>('POST', path(''), wish),
    attach: (remote: string) => call<Known>('POST', path(''), { remote }),
    change: (id: string, to: { paused?: boolean; limit?: number }) =>
      call<void>('PATCH', one(id), to),
    disconnect: (id: string) => call<void>('DELETE', one(id)),
    forget: (id: string) => call<void>('DELETE', `${one(id)}?forget=1`),
    sync: (id: string) => call<void>('POST', `${one(id)}/sync`),
  };
};
