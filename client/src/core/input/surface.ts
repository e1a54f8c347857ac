import { type Point, type Rect, type Size, toDisplay } from '../geometry';
import { Kind } from '../wire';
import { buttonChanges } from './buttons';
import type { Hand } from './hand';
import { Keyboard, type KeyInfo, type Platform } from './keyboard';
import { Keysym, keysymOfChar } from './keysyms';
import { TouchHand } from './touch';
import { Wheel } from './wheel';

export interface SurfacePorts {
  hand: Hand;
  platform: Platform;
  /** The keyboard leaves the canvas for the toolbar. */
  onLeave(): void;
  /**
   * Somebody pastes: what this computer's clipboard holds, null when the browser
   * does not say. Resolves to whether the canvas may be told to paste.
   */
  onPaste(data: DataTransfer | null): Promise<boolean>;
  /** The page lost the focus. */
  onAway(): void;
  /** A press on the canvas is on its way. */
  onPress(at: Point): void;
  /** Somebody pressed on the canvas, or a key on it, and may not. */
  onBlocked(at?: Point): void;
}

type LayoutMap = ReadonlyMap<string, string>;
interface KeyboardLayout {
  getLayoutMap?(): Promise<LayoutMap>;
}

/** Whether a key pastes, in GIMP as everywhere: Ctrl+V, or Command+V on a Mac. */
const isPaste = (e: KeyboardEvent) =>
  (e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'v';

const isComposed = (e: KeyboardEvent) =>
  e.isComposing || e.key === 'Process' || e.key === 'Unidentified';

/** Which platform's keyboard this browser has. */
export function platformOf(navigator: Navigator): Platform {
  if (/Mac|iPhone|iPad/.test(navigator.platform)) return 'mac';
  return /Win/.test(navigator.platform) ? 'windows' : 'other';
}

/** How long the browser may take from the keys to the paste event. */
const PASTE_MS = 150;

/** Keys that say nothing by themselves. */
const MODIFIERS = new Set(['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'Tab']);

/** Wheel pixels per pixel that two fingers move: 40 make a notch. */
const PAN = 2.5;

const defer = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/**
 * Listens on an element for what the hand does and passes it on in display
 * pixels. Raw pointer updates are used where the browser has them: they come
 * before the next frame is due, pointermove only with it.
 */
export class Surface {
  #element: HTMLElement;
  #keys: HTMLTextAreaElement;
  #hand: Hand;
  #ports: SurfacePorts;
  #keyboard: Keyboard;
  #touch: TouchHand;
  #wheel = new Wheel();
  #layout: LayoutMap | undefined;
  #buttons = 0;
  #shown: Rect = { left: 0, top: 0, width: 0, height: 0 };
  #display: Size = { width: 0, height: 0 };
  #stop = new AbortController();
  /** The keys of a paste that waits for the browser's event. */
  #pasting: { shift: boolean; cancel(): void } | null = null;

  /**
   * Keys are heard on a text field inside of the element, where input methods
   * and the clipboard work; it is focused when the element is pressed on.
   */
  constructor(element: HTMLElement, keys: HTMLTextAreaElement, ports: SurfacePorts) {
    this.#element = element;
    this.#keys = keys;
    this.#hand = ports.hand;
    this.#ports = ports;
    this.#keyboard = new Keyboard(ports.platform, {
      emit: (down, keysym, time) =>
        this.#hand.send({ kind: down ? Kind.KeyDown : Kind.KeyUp, keysym }, time),
      onChord: () => ports.onLeave(),
      baseOf: (code) => this.#layout?.get(code),
      defer,
    });
    this.#touch = this.#touchHand();
    this.#listenPointer();
    this.#listenKeys();
    void this.#readLayout();
  }

  /** Where the display is shown, in client coordinates, and its size in pixels. */
  look(shown: Rect, display: Size): void {
    this.#shown = shown;
    this.#display = display;
  }

  /**
   * The lease came or went: no key is held any more. A button that is still down
   * belongs to a stroke that is over.
   */
  reset(): void {
    this.#keyboard.forget();
  }

  /** Presses keysyms one after the other and lets them go in reverse. */
  tap(keysyms: readonly number[]): void {
    const time = performance.now();
    for (const keysym of keysyms) this.#hand.send({ kind: Kind.KeyDown, keysym }, time);
    for (const keysym of [...keysyms].reverse())
      this.#hand.send({ kind: Kind.KeyUp, keysym }, time);
  }

  close(): void {
    this.#letGo();
    this.#stop.abort();
  }

  #on<E extends Event>(target: EventTarget, types: string[], handle: (event: E) => void): void {
    const options = { signal: this.#stop.signal, passive: false };
    for (const type of types) target.addEventListener(type, handle as EventListener, options);
  }

  #listenPointer(): void {
    const element = this.#element;
    const raw = 'onpointerrawupdate' in element;
    this.#on<PointerEvent>(element, ['pointerdown'], (e) => this.#down(e));
    this.#on<PointerEvent>(element, [raw ? 'pointerrawupdate' : 'pointermove'], (e) =>
      this.#move(e),
    );
    // A second button during a drag comes as a pointermove.
    if (raw) this.#on<PointerEvent>(element, ['pointermove'], (e) => this.#press(e));
    this.#on<PointerEvent>(element, ['pointerup'], (e) => this.#up(e));
    this.#on<PointerEvent>(element, ['pointercancel'], (e) => {
      if (e.pointerType === 'touch') this.#touch.cancel(e.timeStamp);
      else {
        this.#buttons = 0;
        this.#letGo();
      }
    });
    this.#on<WheelEvent>(element, ['wheel'], (e) => this.#turn(e));
    const own = ['contextmenu', 'mousedown', 'mouseup', 'auxclick', 'dragstart', 'selectstart'];
    this.#on(element, own, (e) => e.preventDefault());
  }

  #listenKeys(): void {
    this.#on<KeyboardEvent>(this.#element, ['keydown', 'keyup'], (e) => this.#key(e));
    this.#on<ClipboardEvent>(this.#element, ['paste'], (e) => {
      e.preventDefault();
      const shift = this.#pasting?.shift ?? false;
      this.#pasting?.cancel();
      void this.#paste(e.clipboardData, shift);
    });
    this.#on<CompositionEvent>(this.#keys, ['compositionstart'], () => this.#keyboard.compose());
    this.#on<CompositionEvent>(this.#keys, ['compositionend'], (e) => this.#write(e.data));
    this.#on<InputEvent>(this.#keys, ['input'], (e) => this.#input(e));
    this.#on<FocusEvent>(this.#element, ['focusout'], (e) => {
      if (!this.#element.contains(e.relatedTarget as Node | null)) this.#letGo();
    });
    this.#on(window, ['blur', 'pagehide'], () => {
      this.#letGo();
      this.#ports.onAway();
    });
    this.#on(document, ['visibilitychange'], () => {
      if (document.hidden) this.#letGo();
    });
  }

  #key(e: KeyboardEvent): void {
    if (!this.#hand.ready) {
      if (e.type === 'keydown' && !MODIFIERS.has(e.key)) this.#ports.onBlocked();
      return;
    }
    e.stopPropagation();
    const info: KeyInfo = e;
    if (e.type === 'keyup') {
      e.preventDefault();
      this.#keyboard.up(info);
      return;
    }
    if (isPaste(e)) {
      // Not prevented: the browser's paste event brings the clipboard.
      if (!e.repeat) this.#awaitPaste(e.shiftKey);
      return;
    }
    // What an input method is to compose, it must see.
    if (e.key !== 'Dead' && !isComposed(e)) e.preventDefault();
    this.#keyboard.down(info);
  }

  #awaitPaste(shift: boolean): void {
    this.#pasting?.cancel();
    const cancel = defer(() => {
      this.#pasting = null;
      void this.#paste(null, shift);
    }, PASTE_MS);
    this.#pasting = {
      shift,
      cancel: () => {
        cancel();
        this.#pasting = null;
      },
    };
  }

  async #paste(data: DataTransfer | null, shift: boolean): Promise<void> {
    if (!this.#hand.ready) return;
    if (!(await this.#ports.onPaste(data)) || !this.#hand.ready) return;
    const held = (...keysyms: number[]) => this.#keyboard.isDown(...keysyms);
    const keys: number[] = [];
    if (!held(Keysym.Control_L, Keysym.Control_R)) keys.push(Keysym.Control_L);
    if (shift && !held(Keysym.Shift_L, Keysym.Shift_R)) keys.push(Keysym.Shift_L);
    this.tap([...keys, (shift ? 'V' : 'v').charCodeAt(0)]);
  }

  /** What a text field was given without a key that says so: phones, emoji pickers. */
  #input(e: InputEvent): void {
    if (e.isComposing || e.inputType === 'insertCompositionText') return;
    if (e.inputType === 'deleteContentBackward') this.tap([Keysym.BackSpace]);
    else if (e.inputType === 'insertLineBreak') this.tap([Keysym.Return]);
    else this.#write(e.data ?? '');
  }

  /** Types text character by character. */
  #write(text: string): void {
    this.#keys.value = '';
    this.#keyboard.compose();
    if (!this.#hand.ready) return;
    for (const char of text) {
      const keysym = char === '\n' ? Keysym.Return : keysymOfChar(char);
      if (keysym !== null) this.tap([keysym]);
    }
  }

  #letGo(): void {
    this.#keyboard.forget();
    this.#pasting?.cancel();
    this.#hand.releaseAll(performance.now());
  }

  async #readLayout(): Promise<void> {
    const { keyboard } = navigator as Navigator & { keyboard?: KeyboardLayout };
    try {
      this.#layout = await keyboard?.getLayoutMap?.();
    } catch {
      // Refused inside some frames: dead keys then type plain letters.
    }
  }

  #point(at: Point): Point {
    return toDisplay(at, this.#shown, this.#display);
  }

  #down(e: PointerEvent): void {
    e.preventDefault();
    this.#keys.focus({ preventScroll: true });
    if (!this.#hand.ready) {
      this.#buttons = e.buttons;
      this.#ports.onBlocked({ x: e.clientX, y: e.clientY });
      return;
    }
    this.#ports.onPress({ x: e.clientX, y: e.clientY });
    if (e.pointerType === 'touch') {
      this.#touch.down(e.pointerId, { x: e.clientX, y: e.clientY }, e.timeStamp);
      return;
    }
    this.#element.setPointerCapture(e.pointerId);
    this.#press(e);
  }

  #up(e: PointerEvent): void {
    if (e.pointerType === 'touch') this.#touch.up(e.pointerId, e.timeStamp);
    else this.#press(e);
  }

  #move(e: PointerEvent): void {
    if (!this.#hand.draws) return;
    // Only secure pages are told the way between two frames.
    const coalesced = 'getCoalescedEvents' in e ? e.getCoalescedEvents() : [];
    const way = coalesced.length > 0 ? coalesced : [e];
    if (e.pointerType === 'touch') {
      for (const p of way)
        this.#touch.move(e.pointerId, { x: p.clientX, y: p.clientY }, p.timeStamp);
      return;
    }
    this.#hand.moves(
      way.map((p) => ({ ...this.#point({ x: p.clientX, y: p.clientY }), time: p.timeStamp })),
    );
    this.#press(e);
  }

  /** Sends what changed of the buttons. A stroke begins with its press, never midway. */
  #press(e: PointerEvent): void {
    if (e.pointerType === 'touch' || e.buttons === this.#buttons) return;
    const before = this.#buttons;
    this.#buttons = e.buttons;
    if (!this.#hand.draws && !(e.type === 'pointerdown' && this.#hand.ready)) return;
    this.#keyboard.settle();
    const at = this.#point({ x: e.clientX, y: e.clientY });
    for (const { button, down } of buttonChanges(before, e.buttons)) {
      const kind = down ? Kind.ButtonDown : Kind.ButtonUp;
      this.#hand.send({ kind, button, ...at }, e.timeStamp);
    }
  }

  #turn(e: WheelEvent): void {
    e.preventDefault();
    if (!this.#hand.ready) return;
    this.#keyboard.settle();
    const by = this.#wheel.turn(e);
    if (!by) return;
    const at = this.#point({ x: e.clientX, y: e.clientY });
    // A pinch on a touchpad is a wheel with a Control key that nobody pressed.
    const pinch = e.ctrlKey && !this.#keyboard.isDown(Keysym.Control_L, Keysym.Control_R);
    const control = { keysym: Keysym.Control_L };
    if (pinch) this.#hand.send({ kind: Kind.KeyDown, ...control }, e.timeStamp);
    this.#hand.send({ kind: Kind.Scroll, ...by, ...at }, e.timeStamp);
    if (pinch) this.#hand.send({ kind: Kind.KeyUp, ...control }, e.timeStamp);
  }

  #touchHand(): TouchHand {
    const button =
      (kind: typeof Kind.ButtonDown | typeof Kind.ButtonUp, button = 1) =>
      (at: Point, time: number) => {
        this.#hand.moves([{ ...this.#point(at), time }]);
        this.#hand.send({ kind, button, ...this.#point(at) }, time);
      };
    const wheel = new Wheel();
    return new TouchHand({
      press: button(Kind.ButtonDown),
      drag: (at, time) => this.#hand.moves([{ ...this.#point(at), time }]),
      lift: button(Kind.ButtonUp),
      context: (at, time) => {
        button(Kind.ButtonDown, 3)(at, time);
        button(Kind.ButtonUp, 3)(at, time);
      },
      // Content follows the fingers, so the wheel turns the other way.
      pan: (by, at, time) => {
        const turn = (pixels: number) => -pixels * PAN;
        const units = wheel.turn({
          deltaX: turn(by.x),
          deltaY: turn(by.y),
          deltaMode: 0,
          shiftKey: false,
        });
        if (units) this.#hand.send({ kind: Kind.Scroll, ...units, ...this.#point(at) }, time);
      },
      defer,
    });
  }
}
