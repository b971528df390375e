// Cases of writing: once, whole, checked, and by one of many.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { ContractCase } from '../contract.ts';
import { failureOf } from '../contract.ts';
import type { ObjectStoreSubject } from './subject.ts';
import { hashOf, put, textOf, keysOf, both } from './subject.ts';

export const writingCases: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'put of a new key - readable whole, with the facts that were answered',
    run: async ({ store }) => {
      const bytes = Buffer.from('what was written');

      const object = await store.put('a/new', [bytes], { sha256: hashOf(bytes) });

      expect(object).toMatchObject({ key: 'a/new', sizeBytes: bytes.length, sha256: hashOf(bytes) });
      expect(object.version).not.toBe('');
      expect(store.capabilities.tiers).toContain(object.tier);
      expect(Number.isNaN(Date.parse(object.storedAt))).toBe(false);
      expect(await store.get('a/new')).toEqual(bytes);
      expect(await store.get('a/new', { version: object.version })).toEqual(bytes);
      expect(await store.stat('a/new')).toEqual(object);
    },
    mutants: {
      'stores less than it was given': both((store) => ({
        put: (key, parts) => {
          const cut = Buffer.concat(parts).subarray(1);
          return store.put(key, [cut], { sha256: hashOf(cut) });
        },
      })),
      'answers an empty version': both((store) => ({
        put: async (...all) => ({ ...(await store.put(...all)), version: '' }),
      })),
      'tells other facts later than at first': both((store) => ({
        stat: async (...all) => {
          const object = await store.stat(...all);
          return object && { ...object, storedAt: '2000-01-01T00:00:00.000Z' };
        },
      })),
    },
  },
  {
    title: 'put from several parts - stored one after the other',
    run: async ({ store }) => {
      const parts = ['one,', 'two,', 'three'].map((text) => Buffer.from(text));

      await store.put('parts', parts, { sha256: hashOf(...parts) });

      expect(await textOf(store, 'parts')).toBe('one,two,three');
    },
    mutants: {
      'stores the parts in another order': both((store) => ({
        put: (key, parts) => store.put(key, parts.toReversed(), { sha256: hashOf(...parts.toReversed()) }),
      })),
      'stores the first part only': both((store) => ({
        put: (key, parts) => store.put(key, parts.slice(0, 1), { sha256: hashOf(...parts.slice(0, 1)) }),
      })),
    },
  },
  {
    title: 'put of nothing - an object of size zero',
    run: async ({ store }) => {
      await store.put('empty', [], { sha256: hashOf() });

      expect(await store.stat('empty')).toMatchObject({ sizeBytes: 0 });
      expect(await store.get('empty')).toHaveLength(0);
    },
    mutants: {
      'takes an empty object for none': both((store) => ({
        stat: async (...all) => {
          const object = await store.stat(...all);
          return object?.sizeBytes === 0 ? undefined : object;
        },
      })),
    },
  },
  {
    title: 'put under an existing key - refused, first bytes and facts stay',
    run: async ({ store, other }) => {
      const first = await put(store, 'once', 'first');

      const failure = await failureOf(put(other, 'once', 'second'));

      expect(failure.name).toBe('ObjectExists');
      expect(await textOf(store, 'once')).toBe('first');
      expect(await store.stat('once')).toEqual(first);
    },
    mutants: {
      overwrites: both((store) => ({
        put: async (key, parts, options) => {
          const found = await store.stat(key);
          if (found !== undefined) await store.deleteVersion(key, found.version);
          return store.put(key, parts, options);
        },
      })),
      'overwrites and then refuses': both((store) => ({
        put: async (key, parts, options) => {
          const found = await store.stat(key);
          if (found !== undefined) await store.deleteVersion(key, found.version);
          const object = await store.put(key, parts, options);
          if (found !== undefined) throw new HoldfastError('ObjectExists', 'refused too late');
          return object;
        },
      })),
    },
  },
  {
    title: 'put of the same bytes under an existing key - refused as well',
    run: async ({ store }) => {
      await put(store, 'once', 'same');

      expect((await failureOf(put(store, 'once', 'same'))).name).toBe('ObjectExists');
    },
    mutants: {
      'answers the existing object for equal bytes': both((store) => ({
        put: async (key, parts, options) => {
          const found = await store.stat(key);
          return found?.sha256 === options.sha256 ? found : store.put(key, parts, options);
        },
      })),
    },
  },
  {
    title: 'put by many writers of one key at once - one succeeds and its bytes stay',
    run: async ({ store, other }) => {
      const texts = Array.from({ length: 12 }, (_, index) => `writer ${index}`);

      const outcomes = await Promise.allSettled(
        texts.map((text, index) => put(index % 2 === 0 ? store : other, 'raced', text)),
      );

      const winners = texts.filter((_, index) => outcomes[index]?.status === 'fulfilled');
      const losses = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map((outcome) => (outcome.reason as Error).name);
      expect(winners).toHaveLength(1);
      expect(new Set(losses)).toEqual(new Set(['ObjectExists']));
      expect(await textOf(store, 'raced')).toBe(winners[0]);
    },
    mutants: {
      'looks first and replaces later': both((store) => ({
        put: async (key, parts, options) => {
          if ((await store.stat(key)) !== undefined) throw new HoldfastError('ObjectExists', 'seen before');
          for (let tries = 0; tries < 100; tries += 1) {
            const object = await store.put(key, parts, options).catch(() => undefined);
            if (object !== undefined) return object;
            const found = await store.stat(key);
            if (found !== undefined) await store.deleteVersion(key, found.version);
          }
          throw new HoldfastError('ObjectExists', 'gave up');
        },
      })),
    },
  },
  {
    title: 'put with the hash of other bytes - refused, nothing becomes visible',
    run: async ({ store }) => {
      const failure = await failureOf(
        store.put('wrong', [Buffer.from('bytes')], { sha256: hashOf(Buffer.from('other')) }),
      );

      expect(failure.name).toBe('ObjectCorrupted');
      expect(await store.stat('wrong')).toBeUndefined();
      expect(await keysOf(store, '')).toEqual([]);
    },
    mutants: {
      'does not compare the hash': both((store) => ({
        put: (key, parts) => store.put(key, parts, { sha256: hashOf(...parts) }),
      })),
      'stores first and compares then': both((store) => ({
        put: async (key, parts, options) => {
          const object = await store.put(key, parts, { sha256: hashOf(...parts) });
          if (object.sha256 !== options.sha256) throw new HoldfastError('ObjectCorrupted', 'compared too late');
          return object;
        },
      })),
    },
  },
  {
    title: 'put - the caller may change its parts afterwards, and finds them unchanged before',
    run: async ({ store }) => {
      const part = Buffer.from('as it was');

      await store.put('kept', [part], { sha256: hashOf(part) });
      const after = part.toString();
      part.fill(0);

      expect(after).toBe('as it was');
      expect(await textOf(store, 'kept')).toBe('as it was');
    },
    mutants: {
      'keeps the parts instead of their bytes': both((store) => {
        const kept = new Map<string, readonly Uint8Array[]>();
        return {
          put: (key, parts, options) => {
            kept.set(key, parts);
            return store.put(key, parts, options);
          },
          get: async (key) => Buffer.concat(kept.get(key) ?? []),
        };
      }),
      'wipes the parts after use': both((store) => ({
        put: async (key, parts, options) => {
          const object = await store.put(key, parts, options);
          for (const part of parts) part.fill(0);
          return object;
        },
      })),
    },
  },
  {
    title: 'put of one key again after its deletion - another version, and the old one is not there',
    run: async ({ store }) => {
      const first = await put(store, 'again', 'first');
      await store.deleteVersion('again', first.version);

      const second = await put(store, 'again', 'second');

      expect(second.version).not.toBe(first.version);
      expect(await store.stat('again', first.version)).toBeUndefined();
      expect(await textOf(store, 'again')).toBe('second');
    },
    mutants: {
      'uses the key as version': both((store) => ({
        put: async (...all) => ({ ...(await store.put(...all)), version: 'constant' }),
        deleteVersion: async (key) => store.deleteVersion(key, (await store.stat(key))?.version ?? ''),
      })),
    },
  },
];
