import type { Display } from '../../core/geometry';
import { Hand } from '../../core/input/hand';
import type { Outlet } from '../../core/input/sender';
import type { PhotonMeter } from '../../core/latency';
import { type Move, refusalOf, type Situation, sentence, standingOf } from '../../core/standing';
import { type Asking, Kind, type Lease } from '../../core/wire';

/** An attempt to draw that did not succeed, in client coordinates. */
export interface Tried {
  x: number;
  y: number;
  /** What the standing does not say; '' for nothing. */
  reason: string;
}

export interface ControlPorts {
  /** Who this person is, and how they are connected. */
  situation(): Omit<Situation, 'lease'>;
  /** Whether others could draw too. */
  shared(): boolean;
  ask(what: Asking): void;
  notify(text: string): void;
}

const defer = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/**
 * Control of the canvas: who has the lease, what this person can do about it, and
 * the hand, which draws exactly while the lease is theirs.
 */
export class Control {
  lease: Lease | null = $state.raw(null);
  /** Set when this person tried to draw in vain: where, and what is special about it. */
  tried: Tried | null = $state.raw(null);

  readonly standing = $derived.by(() => standingOf(this.#situation()));

  /** Whether the display follows this person's window: not stroke by stroke. */
  readonly sizes = $derived.by(
    () => this.#mine && !(this.#ports.shared() && this.lease?.rules.policy === 'open'),
  );

  /** Others who would like to draw, while this person may hand over. */
  readonly waiting = $derived.by(() => {
    const { me, role } = this.#ports.situation();
    if (!this.#mine && role !== 'owner') return [];
    return (this.lease?.waiting ?? []).filter((identity) => identity !== me);
  });

  readonly hand: Hand;
  /** Told when the lease came or went. */
  onHold: () => void = () => {};

  #ports: ControlPorts;
  #asking = false;
  #last = { x: 0, y: 0 };

  constructor(ports: ControlPorts, outlet: Outlet, meter: PhotonMeter) {
    this.#ports = ports;
    this.hand = new Hand(outlet, meter, defer);
  }

  /**
   * Asks for control of the canvas, or gives it back. Asking tries to take
   * first: the canvas of a holder gone quiet needs nobody's leave.
   */
  ask(move: Move): void {
    this.#asking = move === 'request';
    this.#ports.ask({ type: this.#asking ? 'take' : move });
  }

  /** Hands control to somebody. */
  grant(to: string): void {
    this.decide({ type: 'grant', to });
  }

  /** Decides something about somebody or the room; the server knows who may. */
  decide(what: Asking): void {
    this.#ports.ask(what);
  }

  /** Asks for another display; the holder may. */
  resize({ width, height, scale }: Display): void {
    this.hand.send({ kind: Kind.Resize, width, height, scale }, performance.now());
  }

  /** Remembers where a press was made, for what the server says about it. */
  pressed(at: { x: number; y: number }): void {
    this.#last = at;
    this.tried = null;
  }

  /** Somebody pressed here, and may not draw. */
  blocked(at: { x: number; y: number } | undefined, reason = ''): void {
    this.#last = at ?? this.#last;
    this.tried = { ...this.#last, reason };
    const detail = { reason: reason || this.standing.text };
    window.dispatchEvent(new CustomEvent('easel:blocked', { detail }));
  }

  /** The server refused: input of a generation, or what was asked for if that is 0. */
  refused(code: string, reason: string, generation: number): void {
    if (generation > 0) {
      this.hand.refuse(generation);
      this.hold();
      this.onHold();
      this.blocked(undefined, refusalOf(code, reason));
      return;
    }
    if (this.#asking && code === 'busy') this.#ports.ask({ type: 'request' });
    else this.#ports.notify(sentence(reason) || 'That is not possible now.');
    this.#asking = false;
  }

  leased(lease: Lease): void {
    // It comes as a message and as metadata; the later one may be older.
    if (lease.revision < (this.lease?.revision ?? 0)) return;
    this.lease = lease;
    this.hold();
  }

  /** Leases and input are counted anew. */
  reset(): void {
    this.lease = null;
    this.hand.reset();
  }

  /**
   * The hand draws exactly while the lease is this person's and the link is up. A
   * lease that a press may take is on offer.
   */
  hold(): void {
    const { link, me } = this.#ports.situation();
    const lease = link === 'connected' ? this.lease : null;
    const before = this.hand.draws;
    if (lease && lease.holder === me) this.hand.hold(lease.generation);
    else this.hand.offer(standingOf({ ...this.#situation(), picture: true }).offered);
    if (this.hand.draws !== before) this.onHold();
  }

  get #mine(): boolean {
    return this.lease?.holder === this.#ports.situation().me;
  }

  #situation(): Situation {
    return { ...this.#ports.situation(), lease: this.lease };
  }
}
