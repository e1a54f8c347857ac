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

  constructor(session: string, fail: (text: string) => void) {
    this.rest = storageOf(session);
    this.#fail = fail;
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
