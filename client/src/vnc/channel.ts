/** The subprotocol in which text messages are words. */
const PROTOCOL = 'easel.rfb';
/** TCP asks ever more rarely for a connection that is not answered: asking anew is sooner. */
const OPEN_MS = 4000;

/**
 * A WebSocket as noVNC wants one, that keeps Easel's words (text messages) out of
 * the RFB (binary messages). noVNC looks for exactly these members.
 */
export class Channel {
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  binaryType = 'arraybuffer';
  protocol = PROTOCOL;
  /** Bytes of RFB received. */
  received = 0;
  #socket: WebSocket;
  #onWord: (word: string) => void;

  /** onHeard is told of everything that comes. */
  constructor(url: string, onWord: (word: string) => void, onHeard: () => void) {
    this.#onWord = onWord;
    this.#socket = new WebSocket(url, PROTOCOL);
    this.#socket.binaryType = 'arraybuffer';
    const patience = setTimeout(() => this.#socket.close(), OPEN_MS);
    this.#socket.onopen = (event) => {
      clearTimeout(patience);
      onHeard();
      this.onopen?.(event);
    };
    this.#socket.onclose = (event) => {
      clearTimeout(patience);
      this.onclose?.(event);
    };
    this.#socket.onerror = (event) => this.onerror?.(event);
    this.#socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      onHeard();
      if (typeof data === 'string') {
        this.#onWord(data);
      } else {
        this.received += data.byteLength;
        this.onmessage?.({ data });
      }
    };
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** Says a word; false when there is no connection to say it by. */
  say(word: object): boolean {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(word));
    return true;
  }

  close(): void {
    this.#socket.close();
  }
}
