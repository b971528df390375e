// Cases of locks and deletion: exactly one version, and not while it is locked.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { ContractCase } from '../contract.ts';
import { failureOf } from '../contract.ts';
import type { ObjectStoreSubject } from './subject.ts';
import { put, textOf, keysOf, inSeconds, both } from './subject.ts';

const locking: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'deleteVersion under a lock - refused, the object stays',
    run: async (subject) => {
      const { store, other } = subject;
      const lockedUntil = inSeconds(subject, 3600);
      const { version } = await put(store, 'locked', 'safe', { lockedUntil });

      const failure = await failureOf(other.deleteVersion('locked', version));

      expect(failure.name).toBe('ObjectLocked');
      expect(await textOf(store, 'locked')).toBe('safe');
      expect(await store.stat('locked')).toMatchObject({ lockedUntil });
    },
    mutants: {
      'drops the lock of a put': both((store) => ({
        put: (key, parts, { sha256 }) => store.put(key, parts, { sha256 }),
      })),
      'tells no lock': both((store) => ({
        stat: async (...all) => {
          const object = await store.stat(...all);
          if (object === undefined) return undefined;
          const { lockedUntil: _, ...others } = object;
          return others;
        },
      })),
    },
  },
  {
    title: 'deleteVersion after the lock has ended - removed',
    run: async (subject) => {
      const { store } = subject;
      const { version } = await put(store, 'unlocked', 'old', { lockedUntil: inSeconds(subject, -1) });

      await store.deleteVersion('unlocked', version);

      expect(await store.stat('unlocked')).toBeUndefined();
    },
    mutants: {
      'never lets a locked object go': both((store) => ({
        deleteVersion: async (key, version) => {
          if ((await store.stat(key))?.lockedUntil !== undefined)
            throw new HoldfastError('ObjectLocked', 'locked once');
          await store.deleteVersion(key, version);
        },
      })),
    },
  },
  {
    title: 'extendLock - the later date holds from then on, twice as well as once',
    run: async (subject) => {
      const { store, other } = subject;
      const { version } = await put(store, 'longer', 'x', { lockedUntil: inSeconds(subject, 60) });
      const later = inSeconds(subject, 7200);

      await store.extendLock('longer', version, later);
      await store.extendLock('longer', version, later);

      expect(await other.stat('longer')).toMatchObject({ lockedUntil: later });
      expect((await failureOf(other.deleteVersion('longer', version))).name).toBe('ObjectLocked');
    },
    mutants: {
      'does nothing': both(() => ({ extendLock: async () => undefined })),
      'refuses to do it twice': both((store) => ({
        extendLock: async (key, version, lockedUntil) => {
          if ((await store.stat(key))?.lockedUntil === lockedUntil)
            throw new HoldfastError('ObjectLocked', 'done before');
          await store.extendLock(key, version, lockedUntil);
        },
      })),
    },
  },
  {
    title: 'extendLock of an object without a lock - locked from then on',
    run: async (subject) => {
      const { store } = subject;
      const { version } = await put(store, 'unlocked-yet');

      await store.extendLock('unlocked-yet', version, inSeconds(subject, 60));

      expect((await failureOf(store.deleteVersion('unlocked-yet', version))).name).toBe('ObjectLocked');
    },
    mutants: {
      'lengthens existing locks only': both((store) => ({
        extendLock: async (key, version, lockedUntil) => {
          if ((await store.stat(key))?.lockedUntil !== undefined) await store.extendLock(key, version, lockedUntil);
        },
      })),
    },
  },
  {
    title: 'extendLock to an earlier date - refused, the date stays',
    run: async (subject) => {
      const { store } = subject;
      const lockedUntil = inSeconds(subject, 3600);
      const { version } = await put(store, 'shorter', 'x', { lockedUntil });

      const failure = await failureOf(store.extendLock('shorter', version, inSeconds(subject, 60)));

      expect(failure.name).toBe('ObjectLocked');
      expect(await store.stat('shorter')).toMatchObject({ lockedUntil });
    },
    mutants: {
      'ignores it in silence': both((store) => ({
        extendLock: (...all) => store.extendLock(...all).catch(() => undefined),
      })),
    },
  },
];

const deleting: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'deleteVersion - removes that object and no other one',
    run: async ({ store, other }) => {
      const { version } = await put(store, 'a/b');
      for (const key of ['a', 'a/b/c', 'a/bc']) await put(store, key);

      await store.deleteVersion('a/b', version);

      expect(await keysOf(other, '')).toEqual(['a', 'a/b/c', 'a/bc']);
      expect((await failureOf(other.get('a/b'))).name).toBe('ObjectNotFound');
    },
    mutants: {
      'removes by prefix': both((store) => ({
        deleteVersion: async (key) => {
          for (const object of (await store.list(key)).objects) await store.deleteVersion(object.key, object.version);
        },
      })),
      'hides the object from lists only': both((store) => {
        const hidden = new Set<string>();
        return {
          deleteVersion: async (key) => void hidden.add(key),
          list: async (...all) => ({
            objects: (await store.list(...all)).objects.filter((object) => !hidden.has(object.key)),
          }),
        };
      }),
    },
  },
  {
    title: 'deleteVersion of a missing object - no error, so that a deletion can be resumed',
    run: async ({ store }) => {
      const { version } = await put(store, 'gone');
      await store.deleteVersion('gone', version);

      await store.deleteVersion('gone', version);
      await store.deleteVersion('never/was', version);

      expect(await store.stat('gone')).toBeUndefined();
    },
    mutants: {
      'throws instead': both((store) => ({
        deleteVersion: async (key, version) => {
          if ((await store.stat(key)) === undefined) throw new HoldfastError('ObjectNotFound', 'missing');
          await store.deleteVersion(key, version);
        },
      })),
    },
  },
  {
    title: 'deleteVersion of another version - the object stays',
    run: async ({ store }) => {
      await put(store, 'other-version');

      await store.deleteVersion('other-version', 'no-such-version');

      expect(await textOf(store, 'other-version')).toBe('other-version');
    },
    mutants: {
      'does not look at the version': both((store) => ({
        deleteVersion: async (key) => store.deleteVersion(key, (await store.stat(key))?.version ?? ''),
      })),
    },
  },
  {
    title: 'place - a country of two letters, or undefined when it cannot be told',
    run: async ({ store }) => {
      const place = await store.place();

      expect(place.country ?? 'XX').toMatch(/^[A-Z]{2}$/);
      expect([place.region, place.dataCenter, place.failureDomain].every((text) => text !== '')).toBe(true);
    },
    mutants: {
      'has an empty country': both((store) => ({ place: async () => ({ ...(await store.place()), country: '' }) })),
    },
  },
];

export const deletingCases: readonly ContractCase<ObjectStoreSubject>[] = [...locking, ...deleting];
