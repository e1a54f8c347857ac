import { ClipboardExchange, type Copy, CopyError } from '../../core/clipboard/exchange';
import { Newest } from '../../core/clipboard/newest';
import { fits } from '../../core/clipboard/png';
import { type ClipboardMessage, Format, type Offered, Reason } from '../../core/wire';

export interface CopiesPorts {
  send(packet: Uint8Array<ArrayBuffer>): void;
  /** Whether this person draws: whose copies in GIMP come here by themselves. */
  draws(): boolean;
  notify(text: string, action?: { label: string; run(): void }): void;
}

/** A copy under way. */
export interface Travel {
  label: string;
  /** 0 to 1 */
  share: number;
}

/**
 * What this computer and GIMP copy for each other. Pasting sends what this
 * computer's clipboard holds, if it is the newer one, before GIMP is told to
 * paste; copying in GIMP fetches it, for whoever draws.
 */
export class Copies {
  travel: Travel | null = $state.raw(null);

  #ports: CopiesPorts;
  #newest = new Newest();
  #exchange: ClipboardExchange;
  #label = '';

  constructor(ports: CopiesPorts) {
    this.#ports = ports;
    this.#exchange = new ClipboardExchange({
      send: ports.send,
      hash,
      defer: (callback, ms) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
      onOffer: (formats) => this.#offered(formats),
      onProgress: (share) => {
        this.travel = share === null ? null : { label: this.#label, share };
      },
    });
  }

  hear(message: ClipboardMessage): void {
    this.#exchange.hear(message);
  }

  /** The agent or the connection to it is another one now. */
  reset(): void {
    this.#exchange.reset();
  }

  /** The page lost the focus. */
  left(): void {
    this.#newest.left();
  }

  /**
   * Brings what is pasted to GIMP's clipboard. Resolves to whether GIMP has now
   * what the person means, and may be told to paste. Reads data before it
   * returns: it is empty afterwards.
   */
  async paste(data: DataTransfer | null): Promise<boolean> {
    const picture = [...(data?.files ?? [])].find((file) => file.type.startsWith('image/'));
    const text = data?.getData('text/plain') ?? '';
    try {
      const copy = picture ? await copyOfPicture(picture) : copyOfText(text);
      if (this.#newest.pasted(await keyOf(copy)) === 'canvas' || !copy) return true;
      this.#label = picture ? 'Pasting a picture' : 'Pasting text';
      await this.#exchange.give(copy);
      return true;
    } catch (cause) {
      this.#ports.notify(`Not pasted: ${reasonOf(cause)}.`);
      return false;
    }
  }

  #offered(formats: Offered[]): void {
    this.#newest.copied();
    if (!this.#ports.draws() || !document.hasFocus()) return;
    const best = formats[0]?.format;
    if (best !== undefined) void this.#fetch(best);
  }

  async #fetch(format: Format): Promise<void> {
    this.#label = format === Format.Png ? 'Copying a picture' : 'Copying text';
    try {
      const copy = await this.#exchange.take(format);
      await this.#keep(copy);
    } catch (cause) {
      // What was replaced by a newer copy is no failure.
      if (cause instanceof CopyError && cause.reason === Reason.Gone) return;
      this.#ports.notify(`Copied in GIMP, but not to this computer: ${reasonOf(cause)}.`);
    }
  }

  /** Puts a copy on this computer's clipboard; some browsers want a click for it. */
  async #keep(copy: Copy): Promise<void> {
    if (!navigator.clipboard) {
      throw new CopyError(Reason.NotAllowed, 'the browser allows it over HTTPS only');
    }
    try {
      await write(copy);
    } catch {
      this.#ports.notify('GIMP copied something.', {
        label: 'Copy to this computer',
        run: () => write(copy).catch(() => this.#ports.notify('The browser did not allow it.')),
      });
    }
  }
}

async function write({ format, bytes }: Copy): Promise<void> {
  if (format === Format.Text) {
    await navigator.clipboard.writeText(new TextDecoder().decode(bytes));
    return;
  }
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
}

function copyOfText(text: string): Copy | null {
  return text ? { format: Format.Text, bytes: new TextEncoder().encode(text) } : null;
}

/** A picture as a PNG, which other kinds are turned into. */
async function copyOfPicture(file: File): Promise<Copy> {
  if (file.type === 'image/png') {
    return { format: Format.Png, bytes: new Uint8Array(await file.arrayBuffer()) };
  }
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new CopyError(Reason.BadImage, 'the browser cannot read that picture');
  }
  if (!fits(bitmap)) throw new CopyError(Reason.BadImage, 'that picture is too large');
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: 'image/png' });
  return { format: Format.Png, bytes: new Uint8Array(await blob.arrayBuffer()) };
}

/** The first 16 bytes of SHA-256; zeros on pages without TLS, which have no digests. */
async function hash(bytes: Uint8Array): Promise<Uint8Array> {
  if (!crypto.subtle) return new Uint8Array(16);
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return new Uint8Array(digest, 0, 16);
}

/** What tells one copy from another. */
async function keyOf(copy: Copy | null): Promise<string> {
  return copy ? `${copy.format} ${copy.bytes.length} ${await hash(copy.bytes)}` : '';
}

const reasonOf = (cause: unknown) =>
  cause instanceof CopyError ? cause.message : 'something went wrong';
