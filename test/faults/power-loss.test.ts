// What a directory location and a key file promise must survive the loss of power at any step, also of steps that were not synced.

import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { createIdSource } from '../../lib/clouds/local/ids.ts';
import { createKeyFile, KeyFileProvider } from '../../lib/clouds/local/key-provider.ts';
import { DirectoryObjectStore } from '../../lib/clouds/local/object-store.ts';
import { writePlaceMarker } from '../../lib/clouds/local/place-marker.ts';
import type { StoredObject } from '../../lib/ports/object-store.ts';
import { keyProviderContract } from '../contracts/key-provider.contract.ts';
import { instead } from '../contracts/contract.ts';
import { objectStoreContract } from '../contracts/object-store.contract.ts';
import { fixedClock } from '../fakes/fixed-clock.ts';
import { LossyFiles } from './lossy-files.ts';
import type { PowerLossScenario } from './power-loss.ts';
import { loseEverywhere } from './power-loss.ts';

const PLACE = { country: 'RU', region: 'north', dataCenter: 'first', failureDomain: 'rack' };
const clock = fixedClock();
const ids = createIdSource(clock);

const BYTES = Buffer.from('what must not be lost '.repeat(20));
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const UNTIL = '2031-01-01T00:00:00.000Z';
const LATER = '2032-01-01T00:00:00.000Z';

const open = (files: LossyFiles): DirectoryObjectStore =>
  new DirectoryObjectStore({ name: 'primary', path: '/location', clock, ids, files });

const put = (files: LossyFiles, key: string, lockedUntil?: string): Promise<StoredObject> =>
  open(files).put(key, [BYTES.subarray(0, 100), BYTES.subarray(100)], {
    sha256: SHA256,
    ...(lockedUntil !== undefined && { lockedUntil }),
  });

/** There, whole, told by stat and list alike; or nowhere at all. */
async function look(files: LossyFiles, key: string): Promise<StoredObject | undefined> {
  const store = open(files);
  const object = await store.stat(key);
  const listed = (await store.list(key)).objects.filter((found) => found.key === key);
  expect(listed).toEqual(object === undefined ? [] : [object]);
  if (object !== undefined) {
    expect(object).toMatchObject({ sizeBytes: BYTES.length, sha256: SHA256 });
    expect(await store.get(key)).toEqual(BYTES);
  }
  return object;
}

async function location(files: LossyFiles): Promise<void> {
  await writePlaceMarker('/location', PLACE, files);
}

const writing: PowerLossScenario<void> = {
  prepare: location,
  act: (files) => put(files, 'a/b/new', UNTIL),
  check: async (files, _prepared, hasReturned) => {
    const object = await look(files, 'a/b/new');
    if (hasReturned) expect(object).toBeDefined();
    if (object !== undefined) expect(object.lockedUntil).toBe(UNTIL);
    // The next attempt: whether it writes or finds the object, what it says is true after the next loss as well.
    await put(files, 'a/b/new', UNTIL).catch((error: unknown) => expect(error).toMatchObject({ name: 'ObjectExists' }));
    files.crash(() => 'lost');
    expect(await look(files, 'a/b/new')).toBeDefined();
  },
};

const writingBeside: PowerLossScenario<StoredObject> = {
  prepare: async (files) => {
    await location(files);
    return put(files, 'a/b/old', UNTIL);
  },
  act: (files) => put(files, 'a/b/new'),
  check: async (files, old, hasReturned) => {
    expect(await look(files, 'a/b/old')).toEqual(old);
    const object = await look(files, 'a/b/new');
    if (hasReturned) expect(object).toBeDefined();
  },
};

/** A writer was killed, the machine lives; another one is told "it exists" and relies on it; then the power fails. */
const findingExisting: PowerLossScenario<void> = {
  prepare: async (files) => {
    await location(files);
    files.crashAfter('rename');
    await put(files, 'a').catch(() => undefined);
    files.restart();
  },
  act: (files) =>
    put(files, 'a').catch((error: unknown) => {
      expect(error).toMatchObject({ name: 'ObjectExists' });
    }),
  check: async (files, _prepared, hasReturned) => {
    const object = await look(files, 'a');
    if (hasReturned) expect(object).toBeDefined();
  },
};

const locking: PowerLossScenario<StoredObject> = {
  prepare: async (files) => {
    await location(files);
    return put(files, 'a/b', UNTIL);
  },
  act: (files, object) => open(files).extendLock('a/b', object.version, LATER),
  check: async (files, _object, hasReturned) => {
    const lockedUntil = (await look(files, 'a/b'))?.lockedUntil;
    expect(hasReturned ? [LATER] : [UNTIL, LATER]).toContain(lockedUntil);
  },
};

const deleting: PowerLossScenario<StoredObject> = {
  prepare: async (files) => {
    await location(files);
    await put(files, 'a/b/c');
    return put(files, 'a/b');
  },
  act: (files, object) => open(files).deleteVersion('a/b', object.version),
  check: async (files, object, hasReturned) => {
    const left = await look(files, 'a/b');
    if (hasReturned) expect(left).toBeUndefined();
    expect(await look(files, 'a/b/c')).toBeDefined();
    await open(files).deleteVersion('a/b', object.version);
    expect(await look(files, 'a/b')).toBeUndefined();
  },
};

const KEY_FILE = '/disk/keys/platform.json';
const keysIn = (files: LossyFiles): KeyFileProvider =>
  new KeyFileProvider({ path: KEY_FILE, clock, files, exclusively: (work) => work() });

const makingKey: PowerLossScenario<{ keyId?: string }> = {
  prepare: async () => ({}),
  act: async (files, made) => {
    const { keyId } = await createKeyFile(KEY_FILE, { country: 'RU' }, { clock, ids, files });
    made.keyId = keyId;
  },
  check: async (files, made, hasReturned) => {
    const found = await keysIn(files)
      .describe()
      .catch((error: unknown) => String(error));
    if (hasReturned) expect(found).toMatchObject({ keyId: made.keyId });
    // Not made yet, or whole: a file that is damaged would have to be removed by a person.
    if (typeof found === 'string') expect(found).toContain('there is none');
    const again = await createKeyFile(KEY_FILE, { country: 'RU' }, { clock, ids, files });
    if (typeof found !== 'string') expect(again).toEqual({ keyId: found.keyId, isNew: false });
    files.crash(() => 'lost');
    expect((await keysIn(files).describe()).keyId).toBe(again.keyId);
  },
};

const rotating: PowerLossScenario<{ readonly wrapped: Awaited<ReturnType<KeyFileProvider['wrap']>> }> = {
  prepare: async (files) => {
    await createKeyFile(KEY_FILE, { country: 'RU' }, { clock, ids, files });
    return { wrapped: await keysIn(files).wrap(BYTES, {}) };
  },
  act: (files) => keysIn(files).rotate(),
  check: async (files, { wrapped }, hasReturned) => {
    const { keyVersion } = await keysIn(files).describe();
    expect(hasReturned ? [2] : [1, 2]).toContain(keyVersion);
    expect(await keysIn(files).unwrap(wrapped, {})).toEqual(BYTES);
    expect(await keysIn(files).rotate()).toBe(keyVersion + 1);
  },
};

/** A rotation was killed, the machine lives; what the new version wraps then must be opened after the power failed. */
const wrappingAfterKilledRotation: PowerLossScenario<{ wrapped?: Awaited<ReturnType<KeyFileProvider['wrap']>> }> = {
  prepare: async (files) => {
    await createKeyFile(KEY_FILE, { country: 'RU' }, { clock, ids, files });
    files.crashAfter('rename');
    await keysIn(files)
      .rotate()
      .catch(() => undefined);
    files.restart();
    expect((await keysIn(files).describe()).keyVersion).toBe(2);
    return {};
  },
  act: async (files, seen) => {
    const keys = keysIn(files);
    seen.wrapped = await keys.wrap(BYTES, {});
    await keys.rotate();
  },
  check: async (files, { wrapped }) => {
    if (wrapped !== undefined) expect(await keysIn(files).unwrap(wrapped, {})).toEqual(BYTES);
  },
};

const scenarios: Readonly<Record<string, PowerLossScenario<unknown>>> = {
  'put into a new location - whole after it returned, absent or whole before': writing,
  'put beside other objects - those stay as they were': writingBeside,
  'put that finds the object of a killed writer - what it found stays': findingExisting,
  'extendLock - the later date stays once answered, never an earlier one': locking,
  'deleteVersion - does not come back once answered, never half there': deleting,
  'key file made - whole or not there, and the same key for ever': makingKey,
  'key rotated - old or new file, and every wrapped key opens': rotating,
  'key used after a killed rotation - opens what it wrapped': wrappingAfterKilledRotation,
};

describe('power lost at every step', () => {
  it.each(Object.entries(scenarios))('%s', async (_title, scenario) => {
    // A scenario that acts on nothing has lost its subject.
    expect(await loseEverywhere(scenario)).toBeGreaterThanOrEqual(60);
  });
});

describe('power lost at every step of a careless adapter', () => {
  const withoutSyncOf =
    (isForgotten: (path: string) => boolean) =>
    (files: LossyFiles): LossyFiles =>
      instead(files, {
        createFile: async (path, mode) => {
          const file = await files.createFile(path, mode);
          return isForgotten(path) ? { ...file, sync: async () => undefined } : file;
        },
        syncDirectory: async (path) => {
          if (!isForgotten(`${path}/`)) await files.syncDirectory(path);
        },
      });

  it.each([
    ['does not sync the bytes', 'put into a new location', (path: string) => path.endsWith('/bytes')],
    ['does not sync the facts', 'put into a new location', (path: string) => path.endsWith('/facts.json')],
    [
      'does not sync the draft’s names',
      'put into a new location',
      (path: string) => path.includes('/incoming/ver_') && path.endsWith('/'),
    ],
    ['does not sync the object’s name', 'put beside other objects', (path: string) => path.endsWith('/a/b/')],
    ['does not sync new parent directories', 'put into a new location', (path: string) => path.endsWith('/a/')],
    ['does not sync what it finds', 'put that finds the object', (path: string) => path.endsWith('/objects/')],
    ['does not sync a lock', 'extendLock', (path: string) => path.endsWith('@object/')],
    [
      'does not sync a deletion',
      'deleteVersion',
      (path: string) => path.endsWith('/outgoing/') || path.endsWith('/a/'),
    ],
    ['does not sync the key', 'key file made', (path: string) => path.includes('platform.json.')],
    ['does not sync the key’s name', 'key file made', (path: string) => path.endsWith('/keys/')],
    ['does not sync the rotated key', 'key rotated', (path: string) => path.endsWith('.next')],
    ['does not sync before it wraps', 'key used after a killed rotation', (path: string) => path.endsWith('/keys/')],
  ])('%s - found out by "%s"', async (_fault, title, isForgotten) => {
    const [, scenario] = Object.entries(scenarios).find(([name]) => name.startsWith(title)) ?? [];
    if (scenario === undefined) throw new Error(`no scenario '${title}'`);

    await expect(loseEverywhere(scenario, withoutSyncOf(isForgotten))).rejects.toThrow('power lost');
  });
});

// The disk in memory must otherwise be a disk like any other, or what it proves is worth nothing.
objectStoreContract('directory on a lossy disk', async () => {
  const files = new LossyFiles();
  await location(files);
  return { subject: { store: open(files), other: open(files), now: clock.now } };
});

keyProviderContract('key file on a lossy disk', async () => {
  const files = new LossyFiles();
  await createKeyFile(KEY_FILE, { country: 'RU' }, { clock, ids, files });
  await createKeyFile('/disk/keys/strange.json', { country: 'RU' }, { clock, ids, files });
  let last: Promise<unknown> = Promise.resolve();
  // One process: taking turns is enough to exclude each other.
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const provider = (path: string): KeyFileProvider => new KeyFileProvider({ path, clock, files, exclusively });
  return {
    subject: { keys: provider(KEY_FILE), other: provider(KEY_FILE), stranger: provider('/disk/keys/strange.json') },
  };
});
