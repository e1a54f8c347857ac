import { type Known, type Remote, storageOf } from '../../core/storage';

const REFRESH_MS = 2500;

/** The session's connected storage, as the panel shows it. */
export class Storage {
  remotes: Remote[] = $state.raw([]);
  others: Known[] = $state.raw([]);
  /** Whether this person may connect and change storage. */
  mine = $state(false);

  readonly rest;
  readonly #fail: (text: string) => void;
  readonly #moved: () => void;
  /** What was in step when last looked at. */
  #stood = '';

  /** moved is called when storage has brought or taken files. */
  constructor(session: string, fail: (text: string) => void, moved: () => void) {
    this.rest = storageOf(session);
    this.#fail = fail;
    this.#moved = moved;
  }

  /** Keeps the list true; returns the end of it. */
  show(): () => void {
    void this.refresh();
    const timer = setInterval(() => {
      if (!document.hidden) void this.refresh();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }

  async refresh(): Promise<void> {
    try {
      const { remotes, others, mine } = await this.rest.list();
      this.remotes = remotes;
      this.others = others;
      this.mine = mine;
      const stands = remotes
        .map(({ id, files, synced_at }) => `${id} ${files} ${synced_at}`)
        .join();
      if (stands !== this.#stood) this.#moved();
      this.#stood = stands;
    } catch {
      // The files say that the session can't be reached.
    }
  }

  /** Does something about storage and shows what became of it, or says why not. */
  async act(does: () => Promise<unknown>): Promise<void> {
    try {
      await does();
    } catch (cause) {
      this.#fail((cause as Error).message);
    }
    await this.refresh();
  }
}
