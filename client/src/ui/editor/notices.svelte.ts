/** Something people should know; it goes by itself. */
export interface Notice {
  id: number;
  text: string;
  action?: { label: string; run(): void } | undefined;
}

const NOTICE_MS = 8000;
/** So many are shown at a time; the oldest goes first. */
const MOST = 3;

/** What one person is told while they work, in the corner of the canvas. */
export class Notices {
  list: Notice[] = $state.raw([]);
  #last = 0;

  /** Tells something; it goes by itself unless it stays until it is dismissed. */
  tell(text: string, action?: Notice['action'], stays = false): number {
    const id = ++this.#last;
    this.list = [...this.list, { id, text, action }].slice(-MOST);
    if (!stays) setTimeout(() => this.dismiss(id), NOTICE_MS);
    return id;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((n) => n.id !== id);
  }
}
