/** The files of a session: what is there, and what can be done with it. */

import { at, call } from './api';

export interface Entry {
  name: string;
  kind: 'file' | 'folder' | 'other';
  /** In bytes; 0 for folders. */
  size: number;
  modified: string;
  /** Changes with the content. */
  version: string;
  preview: boolean;
}

export interface Usage {
  bytes: number;
  files: number;
  trash: number;
  /** In bytes; 0: no bound. */
  quota: number;
}

export interface Folder {
  entries: Entry[];
  more: boolean;
  usage: Usage;
}

export interface Trashed {
  id: string;
  path: string;
  kind: Entry['kind'];
  size: number;
  deleted: string;
}

/** A copy of an image that was open and not saved when GIMP went. */
export interface Lost {
  id: string;
  name: string;
  path: string;
  width: number;
  height: number;
  /** When the copy was made. */
  saved: string;
  /** When somebody last worked on the image. */
  changed: string;
}

/** What GIMP has open, wrote, and left behind. */
export interface Images {
  images: {
    id: number;
    name: string;
    path: string;
    dirty: boolean;
    width: number;
    height: number;
  }[];
  exports: { seq: number; path: string; at: string }[];
  lost: Lost[];
}

/** A moment that files can be brought back from. */
export interface Backup {
  id: string;
  time: string;
}

/** What a copy lacks, for people. */
export function lossOf({ saved, changed }: Lost): string {
  const seconds = Math.ceil((Date.parse(changed) - Date.parse(saved)) / 1000);
  if (seconds <= 0) return 'nothing of it is lost';
  return seconds === 1
    ? 'the last second of work is lost'
    : `the last ${seconds} seconds of work are lost`;
}

const query = (values: Record<string, string | string[]>) => {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) q.append(name, one);
  }
  return `?${q}`;
};

/** The files of one session over REST. */
export const filesOf = (session: string) => {
  const path = (rest: string) => at(session, `/files${rest}`);
  const url = (rest: string) => `/api/v1${path(rest)}`;
  return {
    backups: async () =>
      (await call<{ backups: Backup[] }>('GET', at(session, '/backups'))).backups,
    bringBack: (backup: string, what: string) =>
      call<{ path: string }>('POST', at(session, `/backups/${encodeURIComponent(backup)}`), {
        path: what,
      }),
    list: (folder: string) => call<Folder>('GET', path(query({ path: folder }))),
    mkdir: (where: string) => call<Entry>('POST', path('/folders'), { path: where }),
    move: (from: string, to: string) => call<Entry>('POST', path('/move'), { from, to }),
    remove: (what: string) => call<Trashed>('DELETE', path(query({ path: what }))),
    trash: async () => (await call<{ trash: Trashed[] }>('GET', path('/trash'))).trash,
    restore: (id: string) =>
      call<{ path: string }>('POST', path(`/trash/${encodeURIComponent(id)}/restore`), {}),
    purge: (id: string) => call<void>('DELETE', path(`/trash/${encodeURIComponent(id)}`)),
    images: () => call<Images>('GET', path('/images')),
    /** Has GIMP open a file, as an image or as a layer of the one opened last. */
    open: (what: string, layer: boolean) =>
      call<void>('POST', path('/images'), { path: what, layer }),
    recover: (id: string) =>
      call<{ path: string }>('POST', path(`/lost/${encodeURIComponent(id)}`), {}),
    discard: (id: string) => call<void>('DELETE', path(`/lost/${encodeURIComponent(id)}`)),
    /** Where uploads begin. */
    uploads: url('/uploads'),
    /** Where one file can be downloaded, or a selection as an archive. */
    download: (paths: string[], only?: Entry) =>
      url(
        only?.kind === 'file'
          ? `/content${query({ path: paths })}`
          : `/zip${query({ path: paths })}`,
      ),
    preview: (what: string, version: string) => url(`/preview${query({ path: what, version })}`),
  };
};

export type Files = ReturnType<typeof filesOf>;

/** A path of a name in a folder. */
export const join = (folder: string, name: string) => (folder ? `${folder}/${name}` : name);

/** The last name of a path. */
export const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The folders on the way to a path, the path itself last. */
export function wayTo(path: string): { name: string; path: string }[] {
  const names = path ? path.split('/') : [];
  return names.map((name, i) => ({ name, path: names.slice(0, i + 1).join('/') }));
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** A size as people read it, in units of 1,024. */
export function sizeOf(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export type Fill = 'fine' | 'much' | 'full';

/** How full a workspace is: people are warned at 80% and at 95%. */
export function fillOf({ bytes, quota }: Usage): Fill {
  if (quota === 0 || bytes < quota * 0.8) return 'fine';
  return bytes < quota * 0.95 ? 'much' : 'full';
}

/** Splits a name where renaming should not touch it: the part before the extension. */
export function stemLength(name: string): number {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? dot : name.length;
}
