import { describe, expect, it } from 'vitest';
import { dataWord, readWord } from './words';

describe('words', () => {
  it('carries bytes of a data packet unchanged', () => {
    const payload = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(readWord(JSON.stringify(dataWord('easel.control', payload, false)))).toEqual({
      type: 'data',
      topic: 'easel.control',
      from: '',
      payload,
    });
  });

  it('reads the state of a room', () => {
    const person = {
      identity: 'a',
      sid: 'PA_1',
      name: 'Ann',
      attributes: { 'easel.role': 'owner' },
    };
    const word = readWord(
      JSON.stringify({ type: 'state', me: 'a', metadata: '{}', people: [person] }),
    );
    expect(word).toMatchObject({ me: 'a', people: [{ name: 'Ann', agent: false }] });
  });

  it('hears an echo', () => {
    expect(readWord('{"type":"echo"}')).toEqual({ type: 'echo' });
  });

  it('reads what was said', () => {
    const line = { id: '1', from: 'a', name: 'Ann', text: 'hello', at: 5 };
    expect(readWord(JSON.stringify({ type: 'said', lines: [line] }))).toEqual({
      type: 'said',
      lines: [line],
    });
    expect(readWord('{"type":"said","lines":[null,{"at":"x"}]}')).toMatchObject({
      lines: [{ id: '' }, { at: 0 }],
    });
  });

  it('survives what it does not know', () => {
    expect(readWord('{"type":"news"}')).toBeNull();
    expect(readWord('[]')).toBeNull();
    expect(readWord('{"type":"state","people":[7,null]}')).toMatchObject({
      me: '',
      people: [{}, {}],
    });
    expect(() => readWord('nonsense')).toThrow();
  });
});
