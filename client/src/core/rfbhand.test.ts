import { describe, expect, it } from 'vitest';
import { RfbHand } from './rfbhand';
import { encodeInput, type HandEvent, Kind } from './wire';

function hand() {
  const said: string[] = [];
  const rfb = new RfbHand({
    pointer: (x, y, buttons) => said.push(`${buttons.toString(16)}@${x},${y}`),
    key: (keysym, down) => said.push(`${down ? '+' : '-'}${keysym.toString(16)}`),
    resize: (width, height) => said.push(`${width}x${height}`),
  });
  const say = (first: number, events: HandEvent[], generation = 1) =>
    rfb.say(
      encodeInput({
        generation,
        first,
        barrier: 0,
        time: 0,
        events: events.map((event) => ({ ...event, delay: 0 })),
      }),
    );
  return { rfb, said, say };
}

describe('a hand over RFB', () => {
  it('says a stroke once, whatever packets repeat', () => {
    const { said, say } = hand();
    say(1, [{ kind: Kind.ButtonDown, button: 1, x: 1, y: 1 }]);
    say(2, [{ kind: Kind.Move, x: 2, y: 2 }]);
    const last = say(2, [
      { kind: Kind.Move, x: 2, y: 2 },
      { kind: Kind.Move, x: 3, y: 3 },
      { kind: Kind.ButtonUp, button: 1, x: 3, y: 3 },
    ]);
    expect(said).toEqual(['1@1,1', '1@2,2', '1@3,3', '0@3,3']);
    expect(last).toEqual({ generation: 1, sequence: 4 });
  });

  it('counts anew in another generation', () => {
    const { said, say } = hand();
    say(1, [{ kind: Kind.KeyDown, keysym: 0x61 }]);
    say(1, [{ kind: Kind.KeyUp, keysym: 0x61 }], 2);
    expect(said).toEqual(['+61', '-61']);
  });

  it('turns wheels into clicks, and keeps what is less than one', () => {
    const { said, say } = hand();
    say(1, [
      { kind: Kind.Scroll, dx: 0, dy: -60, x: 5, y: 5 },
      { kind: Kind.Scroll, dx: 130, dy: -60, x: 5, y: 5 },
    ]);
    expect(said).toEqual(['40@5,5', '0@5,5', '8@5,5', '0@5,5']);
  });

  it('lets go of everything at once', () => {
    const { rfb, said, say } = hand();
    say(1, [
      { kind: Kind.ButtonDown, button: 3, x: 1, y: 1 },
      { kind: Kind.KeyDown, keysym: 0xffe1 },
      { kind: Kind.Resize, width: 800, height: 600, scale: 100 },
      { kind: Kind.ReleaseAll },
    ]);
    rfb.release();
    expect(said).toEqual(['4@1,1', '+ffe1', '800x600', '0@1,1', '-ffe1']);
  });
});
