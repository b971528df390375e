// Cases of reading: seen at once, by version and range, never short.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { StoredObject } from '../../../lib/ports/object-store.ts';
import type { ContractCase } from '../contract.ts';
import { failureOf } from '../contract.ts';
import type { ObjectStoreSubject } from './subject.ts';
import { put, textOf, keysOf, both } from './subject.ts';

export const readingCases: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'object that was put by another adapter - seen at once',
    run: async ({ store, other }) => {
      expect(await other.stat('shared')).toBeUndefined();
      const object = await put(store, 'shared');

      expect(await other.stat('shared')).toEqual(object);
      expect(await textOf(other, 'shared')).toBe('shared');
      expect(await keysOf(other, 'sha')).toEqual(['shared']);
    },
    mutants: {
      'remembers that an object was missing': both((store) => {
        const seen = new Map<string, StoredObject | undefined>();
        return {
          stat: async (key, version) => {
            if (!seen.has(key)) seen.set(key, await store.stat(key, version));
            return seen.get(key);
          },
        };
      }),
      'lists what it knew earlier': both(() => ({ list: async () => ({ objects: [] }) })),
    },
  },
  {
    title: 'get of a missing key - ObjectNotFound',
    run: async ({ store }) => {
      await put(store, 'here/and-not-there');

      expect((await failureOf(store.get('missing'))).name).toBe('ObjectNotFound');
      expect((await failureOf(store.get('here'))).name).toBe('ObjectNotFound');
    },
    mutants: {
      'answers nothing as an empty object': both((store) => ({
        get: (...all) => store.get(...all).catch(() => Buffer.alloc(0)),
      })),
      'has another error for it': both((store) => ({
        get: (...all) =>
          store.get(...all).catch(() => {
            throw new HoldfastError('StorageUnavailable', 'not there');
          }),
      })),
    },
  },
  {
    title: 'stat of a missing key or version - undefined',
    run: async ({ store }) => {
      await put(store, 'there');

      expect(await store.stat('missing')).toBeUndefined();
      expect(await store.stat('there', 'no-such-version')).toBeUndefined();
    },
    mutants: {
      'throws instead': both((store) => ({
        stat: async (key, version) => {
          const object = await store.stat(key, version);
          if (object === undefined) throw new HoldfastError('ObjectNotFound', 'missing');
          return object;
        },
      })),
      'does not look at the version': both((store) => ({ stat: (key) => store.stat(key) })),
    },
  },
  {
    title: 'get with a version that is not there - ObjectNotFound, never the bytes of another one',
    run: async ({ store }) => {
      await put(store, 'versioned');

      expect((await failureOf(store.get('versioned', { version: 'no-such-version' }))).name).toBe('ObjectNotFound');
    },
    mutants: { 'does not look at the version': both((store) => ({ get: (key) => store.get(key) })) },
  },
  {
    title: 'get with a range - exactly these bytes',
    run: async ({ store }) => {
      await put(store, 'ranged', '0123456789');
      const read = async (offset: number, length: number): Promise<string> =>
        (await store.get('ranged', { range: { offset, length } })).toString();

      expect(await read(0, 3)).toBe('012');
      expect(await read(4, 1)).toBe('4');
      expect(await read(7, 3)).toBe('789');
      expect(await read(10, 0)).toBe('');
    },
    mutants: {
      'answers the whole object': both((store) => ({ get: (key) => store.get(key) })),
      'takes the length for the end': both((store) => ({
        get: async (key, options) => (await store.get(key)).subarray(options?.range?.offset, options?.range?.length),
      })),
    },
  },
  {
    title: 'get with a range past the end - ObjectCorrupted, never a short answer',
    run: async ({ store }) => {
      await put(store, 'short', '0123456789');

      for (const range of [
        { offset: 8, length: 3 },
        { offset: 10, length: 1 },
        { offset: 50, length: 2 },
      ]) {
        expect((await failureOf(store.get('short', { range }))).name).toBe('ObjectCorrupted');
      }
    },
    mutants: {
      'answers what there is': both((store) => ({
        get: async (key, options) => {
          const { offset, length } = options?.range ?? { offset: 0, length: 0 };
          return (await store.get(key)).subarray(offset, offset + length);
        },
      })),
    },
  },
];
