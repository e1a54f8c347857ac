import { expect, test } from 'vitest';
import {
  asked,
  fareOf,
  fits,
  hintOf,
  type Option,
  ordered,
  type Remote,
  titleOf,
  wordsOf,
} from './storage';

const option = (name: string, more: Partial<Option> = {}): Option => ({
  name,
  help: '',
  type: 'string',
  default: '',
  required: false,
  advanced: false,
  secret: false,
  ...more,
});

test('an option is for the choices that it names', () => {
  expect(fits(undefined, 'AWS')).toBe(true);
  expect(fits('AWS,Ceph', 'Ceph')).toBe(true);
  expect(fits('AWS,Ceph', 'Other')).toBe(false);
  expect(fits('!AWS', 'AWS')).toBe(false);
  expect(fits('!AWS', 'Other')).toBe(true);
});

test('options are asked once, the token of a browser’s authorization with the first', () => {
  const provider = {
    name: 's3',
    description: '',
    oauth: false,
    options: [
      option('region', { only: 'AWS' }),
      option('region', { only: '!AWS' }),
      option('region'),
      option('token', { advanced: true }),
    ],
  };
  expect(asked(provider, 'AWS', false).map((o) => o.only)).toEqual(['AWS']);
  expect(asked(provider, 'AWS', true).map((o) => o.name)).toEqual(['token']);
  expect(asked({ ...provider, oauth: true }, '', false).map((o) => o.name)).toEqual([
    'region',
    'token',
  ]);
});

test('names and help are for people', () => {
  expect(titleOf('access_key_id')).toBe('Access key ID');
  expect(hintOf('URL of host.\n\nE.g. x')).toBe('URL of host.');
});

test('the usual storage comes first', () => {
  const list = ['zoho', 'webdav', 'drive'].map((name) => ({
    name,
    description: name,
    oauth: false,
    options: [],
  }));
  expect(ordered(list).map((p) => p.name)).toEqual(['drive', 'webdav', 'zoho']);
});

test('how storage fares is told', () => {
  const remote: Remote = {
    id: 'x',
    name: 'Cloud',
    kind: 'webdav',
    path: '',
    paused: false,
    limit: 0,
    state: 'syncing',
    problem: '',
    synced_at: null,
    files: 2,
    done: 1,
    of: 3,
    current: 'a/b.png',
    bytes: 1,
    size: 2,
    speed: 2_000_000,
    conflicts: ['Cloud/a (from Cloud, 2026-01-01 10.00).png'],
    skipped: 1,
    rescued: 0,
  };
  expect(fareOf(remote)).toMatch(/^2 of 3 · b\.png · .*\/s$/);
  expect(fareOf({ ...remote, current: '' })).toBe('Looking for changes');
  expect(fareOf({ ...remote, state: 'synced' })).toBe('In step · 2 files');
  expect(wordsOf(remote)).toEqual([
    'Changed on both sides, so kept twice: a (from Cloud, 2026-01-01 10.00).png',
    '1 file has a name that can’t be synced.',
  ]);
});
