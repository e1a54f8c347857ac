import { beforeEach, describe, expect, it } from 'vitest';
import { type TransferEvents, type Upload, Uploads } from './uploads';

let shown: Upload[];
let log: string[];
let events: Map<string, TransferEvents>;
let uploads: Uploads;

const file = (name: string, size = 10) => ({ name, size }) as File;
const states = () => shown.map((upload) => `${upload.name} ${upload.state} ${upload.sent}`);

beforeEach(() => {
  shown = [];
  log = [];
  events = new Map();
  uploads = new Uploads(
    ({ name }, _, told) => {
      events.set(name, told);
      return {
        start: () => log.push(`start ${name}`),
        stop: () => log.push(`stop ${name}`),
        cancel: () => log.push(`cancel ${name}`),
      };
    },
    (list) => {
      shown = list;
    },
  );
});

describe('uploads', () => {
  it('sends two at once, in order', () => {
    const paths: string[] = [];
    for (const name of ['a', 'b', 'c']) uploads.add(file(name), '', (path) => paths.push(path));
    expect(states()).toEqual(['a sending 0', 'b sending 0', 'c waiting 0']);
    events.get('a')?.progress(4);
    events.get('a')?.done('a (2)');
    expect(states()).toEqual(['a done 10', 'b sending 0', 'c sending 0']);
    expect(paths).toEqual(['a (2)']);
    expect(log).toEqual(['start a', 'start b', 'start c']);
  });

  it('pauses and goes on', () => {
    const a = uploads.add(file('a'), '');
    uploads.pause(a);
    events.get('a')?.progress(5); // it was on its way
    expect(states()).toEqual(['a paused 0']);
    uploads.resume(a);
    events.get('a')?.broken();
    expect(states()).toEqual(['a broken 0']);
    events.get('a')?.progress(7);
    expect(states()).toEqual(['a sending 7']);
    expect(log).toEqual(['start a', 'stop a', 'start a']);
  });

  it('makes room when one fails, and tries it again when told', () => {
    const ids = ['a', 'b', 'c'].map((name) => uploads.add(file(name), ''));
    events.get('a')?.failed('the workspace is full');
    expect(states()).toEqual(['a failed 0', 'b sending 0', 'c sending 0']);
    expect(shown[0]?.reason).toBe('the workspace is full');
    uploads.resume(ids[0] as number);
    expect(states()[0]).toBe('a waiting 0');
    uploads.drop(ids[1] as number);
    expect(states()).toEqual(['a sending 0', 'c sending 0']);
    expect(log).toContain('cancel b');
  });

  it('takes finished ones off without cancelling', () => {
    const a = uploads.add(file('a'), '');
    events.get('a')?.done('a');
    uploads.drop(a);
    expect(shown).toEqual([]);
    expect(log).toEqual(['start a']);
  });
});
