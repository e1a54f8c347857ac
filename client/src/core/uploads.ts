/**
 * Files on their way to a session: a few at a time, in the order they came,
 * each of which can be paused, goes on by itself after a break, and says why
 * when it can't.
 */

export type UploadState = 'waiting' | 'sending' | 'paused' | 'broken' | 'done' | 'failed';

export interface Upload {
  id: number;
  name: string;
  size: number;
  sent: number;
  state: UploadState;
  /** Why it failed, for people. */
  reason: string;
}

/** One file's transfer; it may be started again after a stop. */
export interface Transfer {
  start(): void;
  stop(): void;
  /** Gives it up: the server forgets what it has. */
  cancel(): void;
}

/** What a transfer tells. */
export interface TransferEvents {
  progress(sent: number): void;
  /** The connection is broken; it tries again by itself. */
  broken(): void;
  done(path: string): void;
  failed(reason: string): void;
}

export type Begin = (file: File, folder: string, events: TransferEvents) => Transfer;

/** How many are sent at once: more would only share the same line. */
const AT_ONCE = 2;

interface Item {
  upload: Upload;
  transfer: Transfer;
}

export class Uploads {
  #items: Item[] = [];
  #id = 0;
  readonly #begin: Begin;
  readonly #onChange: (uploads: Upload[]) => void;

  constructor(begin: Begin, onChange: (uploads: Upload[]) => void) {
    this.#begin = begin;
    this.#onChange = onChange;
  }

  /** Sends a file; onDone is told the path that it got. */
  add(file: File, folder: string, onDone: (path: string) => void = () => {}): number {
    const id = ++this.#id;
    const { name, size } = file;
    const upload: Upload = { id, name, size, sent: 0, state: 'waiting', reason: '' };
    const transfer = this.#begin(file, folder, {
      progress: (sent) => this.#set(id, { sent, state: 'sending' }),
      broken: () => this.#set(id, { state: 'broken' }),
      failed: (reason) => this.#set(id, { state: 'failed', reason }),
      done: (path) => {
        this.#set(id, { sent: size, state: 'done' });
        onDone(path);
      },
    });
    this.#items.push({ upload, transfer });
    this.#turn();
    return id;
  }

  pause(id: number): void {
    const item = this.#find(id);
    if (!item || !['waiting', 'sending', 'broken'].includes(item.upload.state)) return;
    item.transfer.stop();
    this.#set(id, { state: 'paused' });
  }

  /** Goes on with what was paused, or tries again what failed. */
  resume(id: number): void {
    const state = this.#find(id)?.upload.state;
    if (state === 'paused' || state === 'failed') this.#set(id, { state: 'waiting', reason: '' });
  }

  /** Gives an upload up, or takes a finished one off the list. */
  drop(id: number): void {
    const item = this.#find(id);
    if (!item) return;
    if (item.upload.state !== 'done') item.transfer.cancel();
    this.#items = this.#items.filter((i) => i !== item);
    this.#turn();
  }

  /** Stops everything, so that it can go on another time. */
  close(): void {
    for (const { transfer, upload } of this.#items) if (upload.state !== 'done') transfer.stop();
    this.#items = [];
  }

  #find(id: number): Item | undefined {
    return this.#items.find((item) => item.upload.id === id);
  }

  #set(id: number, change: Partial<Upload>): void {
    const item = this.#find(id);
    if (!item) return;
    // What a stopped transfer still says counts no more.
    if (item.upload.state === 'paused' && change.state !== 'waiting') return;
    item.upload = { ...item.upload, ...change };
    this.#turn();
  }

  /** Starts what is next while there is room. */
  #turn(): void {
    const busy = () =>
      this.#items.filter(({ upload }) => ['sending', 'broken'].includes(upload.state));
    for (const item of this.#items) {
      if (busy().length >= AT_ONCE) break;
      if (item.upload.state !== 'waiting') continue;
      item.upload = { ...item.upload, state: 'sending' };
      item.transfer.start();
    }
    this.#onChange(this.#items.map(({ upload }) => upload));
  }
}
