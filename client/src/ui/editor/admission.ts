import { api, type Pass } from '../../core/api';

/** A token is used again for so long, so that whoever comes back is the same person. */
const PASS_MS = 45 * 60_000;

/** What lets one person into a session's room, by whichever way they come. */
export class Admission {
  readonly session: string;
  /** Names this window to the server: whoever comes back with it is the same one. */
  #window = [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => (byte % 36).toString(36))
    .join('');
  #name: string | undefined;
  #onNew: (pass: Pass) => void;
  #last: { pass: Pass; until: number } | null = null;

  constructor(session: string, name: string | undefined, onNew: (pass: Pass) => void) {
    this.session = session;
    this.#name = name;
    this.#onNew = onNew;
  }

  /** What opens the room: the same as before while it can be. */
  async pass(): Promise<Pass> {
    const now = performance.now();
    if (this.#last && now < this.#last.until) return this.#last.pass;
    const pass = await api.pass(this.session, this.#window, this.#name);
    this.#last = { pass, until: now + PASS_MS };
    this.#onNew(pass);
    return pass;
  }

  /** Asks for another pass next time. */
  forget(): void {
    this.#last = null;
  }
}
