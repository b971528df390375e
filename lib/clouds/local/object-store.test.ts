import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { hasErrorName } from '../../domain/errors.ts';
import type { StoredObject } from '../../ports/object-store.ts';
import { fixedClock } from '../../../test/fakes/fixed-clock.ts';
import type { DurableFiles } from './durable-files.ts';
import { nodeFiles } from './durable-files.ts';
import { createIdSource } from './ids.ts';
import { DirectoryObjectStore } from './object-store.ts';
import { writePlaceMarker } from './place-marker.ts';

const PLACE = { country: 'RU', region: 'north', dataCenter: 'first', failureDomain: 'rack' };
const clock = fixedClock();

let home: string;
let path: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  path = join(home, 'location');
  await writePlaceMarker(path, PLACE);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = (files: DurableFiles = nodeFiles): DirectoryObjectStore =>
  new DirectoryObjectStore({ name: 'primary', path, clock, ids: createIdSource(clock), files });

function put(store: DirectoryObjectStore, key: string, bytes: Buffer = Buffer.from(key)): Promise<StoredObject> {
  return store.put(key, [bytes], { sha256: createHash('sha256').update(bytes).digest('hex') });
}

const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error as Error).name,
  );

const namesOf = (...calls: readonly Promise<unknown>[]): Promise<string[]> => Promise.all(calls.map(nameOf));

/** Files of which one call fails as the system would. */
const failing = (call: keyof DurableFiles, code: string): DurableFiles => ({
  ...nodeFiles,
  [call]: async () => {
    throw Object.assign(new Error(`${code}: simulated`), { code });
  },
});

describe('object keys', () => {
  it.each([
    '',
    '/',
    'a//b',
    '/a',
    'a/',
    '.',
    '..',
    'a/../b',
    './a',
    'a\0b',
    'a\nb',
    'a b',
    'ключ',
    'x'.repeat(241),
    'x/'.repeat(600),
  ])('key %j - refused before anything is touched', async (key) => {
    const store = open();

    for (const call of [put(store, key), store.get(key), store.stat(key), store.deleteVersion(key, 'v')]) {
      // Some are refused at once, some by a rejected promise; both are refusals.
      expect(await nameOf(call)).toBe('InvalidRequest');
    }
    expect(await readdir(path)).toEqual(['location.json']);
  });

  it('keys that look like our own names, and names special to shells - kept apart and listed as they are', async () => {
    const store = open();
    const keys = ['%40object', '*', 'a', 'a@object', 'a@object/b', 'a@object/facts.json', 'a\\b', 'a~', '~$(rm)'];
    for (const key of keys) await put(store, key);

    expect((await store.list('')).objects.map((object) => object.key)).toEqual(keys);
    for (const key of keys) expect((await store.get(key)).toString()).toBe(key);
  });

  it('foreign files in a location - passed over', async () => {
    const store = open();
    await put(store, 'a/b');
    await mkdir(join(path, 'objects', 'lost+found'));
    await writeFile(join(path, 'objects', '.DS_Store'), 'x');
    await writeFile(join(path, 'objects', 'a', '%zz'), 'x');

    expect((await store.list('')).objects.map((object) => object.key)).toEqual(['a/b']);
  });
});

describe('location that is not there', () => {
  it('disk that is not mounted - unavailable for everything, and nothing is written below the mount point', async () => {
    const store = open();
    const { version } = await put(store, 'a/b');
    await rename(path, join(home, 'elsewhere'));
    await mkdir(path);

    const outcomes = await namesOf(
      put(store, 'new'),
      store.get('a/b'),
      store.stat('a/b'),
      store.list(''),
      store.deleteVersion('a/b', version),
    );

    expect(new Set(outcomes)).toEqual(new Set(['StorageUnavailable']));
    expect(await readdir(path)).toEqual([]);
    expect(await store.place()).toMatchObject({ country: undefined });
  });

  it('file in its place - unavailable', async () => {
    await rm(path, { recursive: true });
    await writeFile(path, '');

    const outcomes = await namesOf(put(open(), 'a'), open().get('a'), open().list(''), open().place());

    expect(new Set(outcomes)).toEqual(new Set(['StorageUnavailable']));
  });

  it('disk that comes back - used again by the same adapter', async () => {
    const store = open();
    await put(store, 'a/b');
    await rm(path, { recursive: true });
    expect(await nameOf(put(store, 'a/c'))).toBe('StorageUnavailable');

    await writePlaceMarker(path, PLACE);
    await nameOf(put(store, 'a/c'));

    expect(await put(store, 'a/d')).toMatchObject({ key: 'a/d' });
  });
});

describe('place marker', () => {
  it('marked twice with one place - nothing changes; with another one - refused', async () => {
    await writePlaceMarker(path, PLACE);

    expect(await nameOf(writePlaceMarker(path, { ...PLACE, country: 'DE' }))).toBe('InvalidConfiguration');
    expect(await open().place()).toEqual(PLACE);
  });

  it('damaged marker - named, never taken for some place', async () => {
    await writeFile(join(path, 'location.json'), '{"format":"holdfast-loc');

    expect(await nameOf(open().place())).toBe('InvalidConfiguration');
  });
});

describe('faults of the disk', () => {
  it.each([
    ['ENOSPC', 'StorageFull'],
    ['EDQUOT', 'StorageFull'],
    ['EROFS', 'StorageReadOnly'],
    ['EACCES', 'StorageReadOnly'],
    ['EPERM', 'StorageReadOnly'],
    ['EIO', 'StorageUnavailable'],
    ['EMFILE', 'StorageUnavailable'],
  ])('%s while writing - %s, nothing becomes visible, nothing is left', async (code, name) => {
    for (const call of ['createFile', 'makeDirectory', 'rename'] as const) {
      expect(await nameOf(put(open(failing(call, code)), 'a/b'))).toBe(name);
    }

    expect((await open().list('')).objects).toEqual([]);
    expect(await readdir(join(path, 'incoming')).catch(() => [])).toEqual([]);
  });

  it.each(['EACCES', 'EIO'])('%s while reading - unavailable, never "missing"', async (code) => {
    await put(open(), 'a/b');

    expect(await nameOf(open(failing('list', code)).stat('a/b'))).toBe('StorageUnavailable');
    expect(await nameOf(open(failing('list', code)).list(''))).toBe('StorageUnavailable');
    expect(await nameOf(open(failing('read', code)).get('a/b'))).toBe('StorageUnavailable');
  });

  it('file that was cut - its real size is told, and a read never looks whole', async () => {
    await put(open(), 'a/b', Buffer.alloc(100, 1));
    await truncate(join(path, 'objects', 'a', 'b@object', 'bytes'), 60);

    expect(await open().stat('a/b')).toMatchObject({ sizeBytes: 60 });
    expect(await nameOf(open().get('a/b'))).toBe('ObjectCorrupted');
    expect(await nameOf(open().get('a/b', { range: { offset: 50, length: 20 } }))).toBe('ObjectCorrupted');
  });

  it('damaged facts - ObjectCorrupted naming the object', async () => {
    await put(open(), 'a/b');
    await writeFile(join(path, 'objects', 'a', 'b@object', 'facts.json'), '{"format":');

    expect(await nameOf(open().stat('a/b'))).toBe('ObjectCorrupted');
    expect(await nameOf(open().list(''))).toBe('ObjectCorrupted');
  });

  const run = (program: string, all: readonly string[]): unknown => execFileSync(program, all);
  const isRoot = process.getuid?.() === 0;
  (isRoot ? it : it.skip)('disk that is really full or read-only - named so, and the objects before stay', async () => {
    const mountPoint = join(home, 'mounted');
    await mkdir(mountPoint);
    run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mountPoint]);
    try {
      path = join(mountPoint, 'location');
      await writePlaceMarker(path, PLACE);
      await put(open(), 'small');

      expect(await nameOf(put(open(), 'large', Buffer.alloc(4 * 1024 * 1024)))).toBe('StorageFull');
      run('mount', ['-o', 'remount,ro', mountPoint]);
      expect(await nameOf(put(open(), 'more'))).toBe('StorageReadOnly');
      expect((await open().list('')).objects.map((object) => object.key)).toEqual(['small']);
    } finally {
      run('umount', [mountPoint]);
    }
  });
});

describe('several processes', () => {
  it('many processes writing one key - one succeeds, whole bytes of that one', async () => {
    const program = `
      import { createHash } from 'node:crypto';
      const load = (name) => import(process.argv[2] + name + '.ts');
      const [{ DirectoryObjectStore }, { systemClock }, { createIdSource }] = await Promise.all(['object-store', 'clock', 'ids'].map(load));
      const store = new DirectoryObjectStore({ name: 'p', path: process.argv[1], clock: systemClock, ids: createIdSource(systemClock) });
      process.stdout.write('ready');
      await new Promise((resolve) => process.stdin.once('data', resolve));
      const bytes = Buffer.alloc(3_000_000, process.pid % 256);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const won = [];
      for (let n = 0; n < 20; n += 1) await store.put('race/' + n, [bytes], { sha256 }).then(() => won.push(n), () => undefined);
      process.stdout.write(JSON.stringify(won));
      process.exit(0);
    `;
    const run = (): { start: () => void; ready: Promise<void>; won: Promise<number[]> } => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, path, `${import.meta.dirname}/`], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: {},
      });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()));
      const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
      const won = new Promise<number[]>((resolve) =>
        child.once('close', () => resolve(JSON.parse(text.slice('ready'.length)) as number[])),
      );
      return { start: () => child.stdin.write('go'), ready, won };
    };
    const processes = Array.from({ length: 4 }, run);
    await Promise.all(processes.map(({ ready }) => ready));
    for (const { start } of processes) start();
    const won = await Promise.all(processes.map((process) => process.won));

    expect(won.flat().sort((left, right) => left - right)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    for (const object of (await open().list('race/')).objects) {
      const bytes = await open().get(object.key);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(object.sha256);
    }
    expect(await readdir(join(path, 'incoming'))).toEqual([]);
  });

  it('lock and deletion of one object at once - never both', async () => {
    for (let round = 0; round < 60; round += 1) {
      const key = `round/${round}`;
      const { version } = await put(open(), key);
      const until = new Date(clock.now() + 60_000).toISOString();

      const [lock] = await Promise.all([
        nameOf(open().extendLock(key, version, until)),
        nameOf(open().deleteVersion(key, version)),
      ]);

      const object = await open().stat(key, version);
      if (lock === 'no error') expect(object).toMatchObject({ lockedUntil: until });
    }
  });
});

describe('sweep', () => {
  it('drafts of killed writers - removed by age, objects stay', async () => {
    const store = open();
    await put(store, 'kept');
    await mkdir(join(path, 'incoming', 'ver_killed'));
    await writeFile(join(path, 'incoming', 'ver_killed', 'bytes'), 'half');
    clock.jumpTo(new Date().toISOString());

    expect(await store.sweep(60_000)).toBe(0);
    clock.advance(120_000);
    expect(await store.sweep(60_000)).toBe(1);
    expect((await store.list('')).objects.map((object) => object.key)).toEqual(['kept']);
  });

  it('draft swept away under a living writer - its put fails and can be tried again', async () => {
    const swept: DurableFiles = {
      ...nodeFiles,
      rename: async (from, to) => {
        await rm(from, { recursive: true });
        await nodeFiles.rename(from, to);
      },
    };

    const outcome = await put(open(swept), 'a/b').catch((error: unknown) => error);

    expect(hasErrorName(outcome, 'StorageUnavailable')).toBe(true);
    expect(await put(open(), 'a/b')).toMatchObject({ key: 'a/b' });
  });
});
