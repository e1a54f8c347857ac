import {
  type Entry,
  type Fill,
  filesOf,
  fillOf,
  join,
  type Lost,
  lossOf,
  nameOf,
  type Trashed,
  type Usage,
} from '../../core/files';
import { tusTo } from '../../core/transfer';
import { type Upload, Uploads } from '../../core/uploads';
import type { Notice } from './notices.svelte';

const REFRESH_MS = 4000;
/** How often GIMP's doings are asked for. */
const NEWS_MS = 3000;

type Notify = (text: string, action?: Notice['action'], stays?: boolean) => number;

/**
 * The session's files as the panel shows them: one folder, what is selected in
 * it, what is on its way.
 */
export class Shelf {
  folder = $state('');
  entries: Entry[] = $state.raw([]);
  /** There is more than is shown. */
  more = $state(false);
  usage: Usage | null = $state.raw(null);
  /** The names that are selected. */
  selected: ReadonlySet<string> = $state.raw(new Set());
  /** Paths that wait for a folder to go to; empty: nothing is being moved. */
  moving: string[] = $state.raw([]);
  uploads: Upload[] = $state.raw([]);
  /** What was deleted, while that is shown instead of the folder. */
  trash: Trashed[] | null = $state.raw(null);
  /** What was open and not saved when a GIMP went. */
  lost: Lost[] = $state.raw([]);
  loaded = $state(false);
  error = $state('');

  readonly fill: Fill = $derived(this.usage ? fillOf(this.usage) : 'fine');

  readonly files;
  readonly #notify: Notify;
  readonly #queue: Uploads;
  #shown = false;
  #warned: Fill = 'fine';
  /** The last export that was told of. */
  #told: number | null = null;
  readonly #offered = new Set<string>();

  constructor(session: string, notify: Notify) {
    this.files = filesOf(session);
    this.#notify = notify;
    this.#queue = new Uploads(tusTo(this.files.uploads), (uploads) => {
      this.uploads = uploads;
    });
  }

  /** Keeps the panel true while it is shown; returns the end of it. */
  show(): () => void {
    this.#shown = true;
    void this.refresh();
    const timer = setInterval(() => void this.refresh(), REFRESH_MS);
    return () => {
      this.#shown = false;
      clearInterval(timer);
    };
  }

  async refresh(): Promise<void> {
    const { folder } = this;
    try {
      if (this.trash) this.trash = await this.files.trash();
      const { entries, more, usage } = await this.files.list(folder);
      if (folder !== this.folder) return; // somebody went on
      this.entries = entries;
      this.more = more;
      this.usage = usage;
      const names = new Set(entries.map((entry) => entry.name));
      this.selected = new Set([...this.selected].filter((name) => names.has(name)));
      this.error = '';
      this.loaded = true;
      this.#warn();
    } catch (cause) {
      if (folder === this.folder) this.error = (cause as Error).message;
    }
  }

  go(folder: string): void {
    this.folder = folder;
    this.trash = null;
    this.entries = [];
    this.loaded = false;
    this.selected = new Set();
    void this.refresh();
  }

  select(names: Iterable<string>): void {
    this.selected = new Set(names);
  }

  /** The selected entries' paths. */
  get paths(): string[] {
    return [...this.selected].map((name) => join(this.folder, name));
  }

  async mkdir(name: string): Promise<boolean> {
    return this.#try(() => this.files.mkdir(join(this.folder, name)));
  }

  async rename(from: string, to: string): Promise<boolean> {
    return this.#try(() => this.files.move(join(this.folder, from), join(this.folder, to)));
  }

  /** Puts the selection aside, to be moved into the folder that is gone to. */
  pick(): void {
    this.moving = this.paths;
    this.select([]);
  }

  async put(): Promise<void> {
    const paths = this.moving;
    this.moving = [];
    await this.#try(async () => {
      for (const path of paths) {
        const to = join(this.folder, nameOf(path));
        if (to !== path) await this.files.move(path, to);
      }
    });
  }

  async remove(): Promise<void> {
    const gone: Trashed[] = [];
    await this.#try(async () => {
      for (const path of this.paths) gone.push(await this.files.remove(path));
    });
    if (gone.length === 0) return;
    const what = gone.length === 1 ? nameOf(gone[0]?.path ?? '') : `${gone.length} items`;
    this.#notify(`Deleted ${what}.`, {
      label: 'Undo',
      run: () => void this.#try(() => Promise.all(gone.map(({ id }) => this.files.restore(id)))),
    });
  }

  openTrash(): void {
    this.trash = [];
    void this.refresh();
  }

  async restore(id: string): Promise<void> {
    await this.#try(async () => {
      const { path } = await this.files.restore(id);
      this.#notify(`${nameOf(path)} is back.`);
    });
  }

  async purge(): Promise<void> {
    const all = this.trash ?? [];
    await this.#try(() => Promise.all(all.map(({ id }) => this.files.purge(id))));
  }

  /** Sends files to a folder; onDone is told where each of them is. */
  upload(files: Iterable<File>, folder = this.folder, onDone?: (path: string) => void): void {
    for (const file of files) {
      const id = this.#queue.add(file, folder, (path) => {
        if (!this.#shown) this.#notify(`${nameOf(path)} is in the session’s files.`);
        this.#queue.drop(id);
        void this.refresh();
        onDone?.(path);
      });
    }
  }

  /** Has GIMP open a file that is here. */
  async open(path: string, layer = false): Promise<void> {
    await this.#try(() => this.files.open(path, layer));
  }

  /** Brings something back from a backup; throws why not. */
  async bringBack(backup: string, path: string): Promise<void> {
    const back = await this.files.bringBack(backup, path);
    this.#notify(`${back.path} is back.`);
    this.go('');
  }

  /** Opens the copy of what was lost. */
  async recover(id: string): Promise<void> {
    await this.#try(() => this.files.recover(id));
    await this.#hear();
  }

  async discard(id: string): Promise<void> {
    await this.#try(() => this.files.discard(id));
    await this.#hear();
  }

  /** Tells what GIMP exported and what it lost; returns the end of it. */
  watch(): () => void {
    void this.#hear();
    const timer = setInterval(() => {
      if (!document.hidden) void this.#hear();
    }, NEWS_MS);
    return () => clearInterval(timer);
  }

  pause = (id: number) => this.#queue.pause(id);
  resume = (id: number) => this.#queue.resume(id);
  drop = (id: number) => this.#queue.drop(id);

  close(): void {
    this.#queue.close();
  }

  async #hear(): Promise<void> {
    let news: Awaited<ReturnType<typeof this.files.images>>;
    try {
      news = await this.files.images();
    } catch {
      return; // it is away for a moment, or can't be asked
    }
    this.lost = news.lost;
    const last = news.exports.at(-1)?.seq ?? 0;
    // Whoever has just come hears of what is new from now on; so does everyone
    // when the counting begins anew.
    const from = this.#told !== null && this.#told <= last ? this.#told : last;
    this.#told = last;
    for (const { seq, path } of news.exports) {
      if (seq > from) this.#tellExport(path);
    }
    for (const image of news.lost) {
      if (this.#offered.has(image.id)) continue;
      this.#offered.add(image.id);
      const text = `${image.name} was open and not saved. There is a copy: ${lossOf(image)}.`;
      this.#notify(text, { label: 'Open', run: () => void this.recover(image.id) }, true);
    }
  }

  #tellExport(path: string): void {
    const run = () => {
      const link = document.createElement('a');
      link.href = this.files.download([path], { kind: 'file' } as Entry);
      link.download = nameOf(path);
      link.click();
    };
    this.#notify(`${nameOf(path)} was exported.`, { label: 'Download', run });
  }

  /** Does something and shows what became of it, or says why not. */
  async #try(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (cause) {
      this.#notify((cause as Error).message);
      return false;
    } finally {
      await this.refresh();
    }
  }

  /** Says once that the room for files comes to its end. */
  #warn(): void {
    const { fill, usage } = this;
    if (fill !== 'fine' && fill !== this.#warned && usage) {
      const share = Math.floor((usage.bytes / usage.quota) * 100);
      this.#notify(`${share}% of the room for files is used.`);
    }
    this.#warned = fill;
  }
}
