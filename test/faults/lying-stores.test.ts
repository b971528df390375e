// Storage that lies, loses, cuts, answers late or not at all: whatever it does, nothing that cannot be restored says completed,
// and every accepted backup ends.

import { describe, expect, it } from '@jest/globals';

import { isRestorable, isSettled } from '../../lib/domain/backup-record.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import type { ObjectStore, PutOptions, StoredObject } from '../../lib/ports/object-store.ts';
import { listBackups } from '../../lib/records/backups.ts';
import { dispatch } from '../../lib/scheduling/dispatch.ts';
import { requestBackup } from '../../lib/scheduling/request-backup.ts';
import { startProcess, testWorld } from '../flows/test-platform.ts';
import type { ProcessView, TestWorld } from '../flows/test-platform.ts';
import { STORE, checkInvariants } from './k-loop/invariants.ts';

type Put = (key: string, parts: readonly Uint8Array[], options: PutOptions) => Promise<StoredObject>;

/** A store with another way to put; everything else is the real one. */
const withPut = (store: ObjectStore, put: (real: Put) => Put): ObjectStore => ({
  name: store.name,
  capabilities: store.capabilities,
  place: () => store.place(),
  put: put((key, parts, options) => store.put(key, parts, options)),
  get: (key, options) => store.get(key, options),
  stat: (key, version) => store.stat(key, version),
  list: (prefix, options) => store.list(prefix, options),
  extendLock: (key, version, until) => store.extendLock(key, version, until),
  deleteVersion: (key, version) => store.deleteVersion(key, version),
});

async function backUpWith(wrap: (store: ObjectStore) => ObjectStore) {
  const world = testWorld();
  const view: ProcessView = {
    clock: world.clock,
    workerClock: world.clock,
    catalog: world.catalog,
    store: wrap,
    task: (_resource, run) => run(),
    effect: (_name, run) => run(),
  };
  const process = startProcess(world, view);
  await requestBackup(process, { stores: [STORE], requestedBy: 'test', trigger: 'http' });
  await dispatch(process);
  await process.flows.drain();
  const { items } = await listBackups(world.catalog, { store: STORE });
  const record = items[0];
  if (record === undefined) throw new Error('no record');
  return { world, record };
}

async function expectNeverCompleted(wrap: (store: ObjectStore) => ObjectStore): Promise<TestWorld> {
  const { world, record } = await backUpWith(wrap);
  expect(isSettled(record.status)).toBe(true);
  expect(isRestorable(record.status)).toBe(false);
  expect(record.cause).toBeDefined();
  return world;
}

/** What an answer of success may hide; each is told of the first pack of a location only. */
const LIES: readonly { readonly title: string; readonly lie: (real: Put) => Put }[] = [
  {
    title: 'acknowledges and keeps nothing',
    lie: () => async (key, parts, options) => ({
      key,
      version: 'v1',
      sizeBytes: parts.reduce((sum, part) => sum + part.length, 0),
      sha256: options.sha256,
      storedAt: '2026-01-01T00:00:00.000Z',
      tier: 'hot',
    }),
  },
  {
    title: 'keeps the object without its tail (trap 7)',
    lie: (real) => async (key, parts, options) => {
      const bytes = Buffer.concat(parts);
      return await real(key, [bytes.subarray(0, bytes.length - 40)], {
        ...options,
        sha256: await sha256(bytes.subarray(0, bytes.length - 40)),
      });
    },
  },
  {
    title: 'flips a bit on the way (trap 5)',
    lie: (real) => async (key, parts, options) => {
      const bytes = Buffer.concat(parts);
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 4, bytes.length >> 1);
      return await real(key, [bytes], { ...options, sha256: await sha256(bytes) });
    },
  },
];

async function sha256(bytes: Uint8Array): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a store that lies', () => {
  for (const location of ['primary', 'second']) {
    for (const kind of ['packs', 'manifests', 'points', 'keys', 'indexes', 'inventories', 'repository']) {
      for (const { title, lie } of LIES) {
        it(`${location} ${title} for ${kind} - never completed`, async () => {
          const world = await expectNeverCompleted((store) =>
            store.name !== location
              ? store
              : withPut(
                  store,
                  (real) => (key, parts, options) =>
                    key.includes(`/${kind}`) ? lie(real)(key, parts, options) : real(key, parts, options),
                ),
          );
          world.close();
        });
      }
    }
  }
});

describe('a store that fails', () => {
  it('every put takes effect and its reply is lost once - completes, nothing is written twice', async () => {
    const lost = new Set<string>();
    const { world, record } = await backUpWith((store) =>
      withPut(store, (real) => async (key, parts, options) => {
        const stored = await real(key, parts, options);
        if (lost.has(`${store.name}/${key}`)) return stored;
        lost.add(`${store.name}/${key}`);
        throw new HoldfastError('StorageUnavailable', 'the connection was cut');
      }),
    );

    expect(isSettled(record.status)).toBe(true);
    await checkInvariants(world, new Map());
    world.close();
  });

  it('bursts of errors at one put in five, forty seeds - every run ends, and what completed gives back every byte', async () => {
    let completed = 0;
    for (let seed = 1; seed <= 40; seed++) {
      let state = seed * 2654435761;
      const draw = (): number => {
        state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
        return state / 2 ** 32;
      };
      const { world, record } = await backUpWith((store) =>
        withPut(store, (real) => async (key, parts, options) => {
          const luck = draw();
          if (luck < 0.1) throw new HoldfastError('StorageUnavailable', 'slow down');
          const stored = await real(key, parts, options);
          if (luck < 0.2) throw new HoldfastError('StorageUnavailable', 'the reply was lost');
          return stored;
        }),
      );
      expect(isSettled(record.status)).toBe(true);
      await checkInvariants(world, new Map()).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`);
      });
      if (isRestorable(record.status)) completed++;
      world.close();
    }
    expect(completed).toBeGreaterThan(5);
  });
});
