// Cases of listing: every key once, in byte order, by page and prefix.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { StoredObject } from '../../../lib/ports/object-store.ts';
import type { ContractCase } from '../contract.ts';
import type { ObjectStoreSubject } from './subject.ts';
import { put, keysOf, both } from './subject.ts';

/** `-` is below `/`, and `/` below letters: an order by path components would differ, as would one by language. */
const KEYS_IN_ORDER = [
  'A',
  'Z/1',
  'a',
  'a-b',
  'a-b/c',
  'a.b',
  'a/b',
  'a/b/c',
  'a/b=c',
  'a0',
  'aB',
  'ab',
  'b/1',
  'b/10',
  'b/2',
  '~',
];

export const listingCases: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'list - every key, in byte order over whole keys',
    run: async ({ store }) => {
      for (const key of KEYS_IN_ORDER.toReversed()) await put(store, key);

      expect(await keysOf(store, '')).toEqual(KEYS_IN_ORDER);
    },
    mutants: {
      'orders as a language does': both((store) => ({
        list: async (...all) => {
          const page = await store.list(...all);
          return { ...page, objects: page.objects.toSorted((left, right) => left.key.localeCompare(right.key, 'en')) };
        },
      })),
      'orders by path components': both((store) => ({
        list: async (...all) => {
          const page = await store.list(...all);
          const byParts = (object: StoredObject): string => object.key.replaceAll('/', '\0');
          return {
            ...page,
            objects: page.objects.toSorted((left, right) => (byParts(left) < byParts(right) ? -1 : 1)),
          };
        },
      })),
    },
  },
  {
    title: 'list - tells the facts of every object',
    run: async ({ store }) => {
      const object = await put(store, 'a/facts');

      expect((await store.list('a/')).objects).toEqual([object]);
    },
    mutants: {
      'leaves the hash out': both((store) => ({
        list: async (...all) => ({
          objects: (await store.list(...all)).objects.map((object) => ({ ...object, sha256: '' })),
        }),
      })),
    },
  },
  {
    title: 'list by pages - every key once, no page above the limit',
    run: async ({ store }) => {
      for (const key of KEYS_IN_ORDER) await put(store, key);

      for (const limit of [1, 3, KEYS_IN_ORDER.length]) expect(await keysOf(store, '', limit)).toEqual(KEYS_IN_ORDER);
    },
    mutants: {
      'gives the last key of a page again': both((store) => ({
        list: async (prefix, options) => {
          const before = options?.after?.slice(0, -1);
          return store.list(prefix, { ...options, ...(before !== undefined && { after: before }) });
        },
      })),
      'ends after the first page': both((store) => ({
        list: async (...all) => ({ objects: (await store.list(...all)).objects }),
      })),
      'knows no limit': both((store) => ({
        list: (prefix, options) =>
          store.list(prefix, { ...(options?.after !== undefined && { after: options.after }) }),
      })),
    },
  },
  {
    title: 'list after a key that is not there - goes on behind its place',
    run: async ({ store }) => {
      for (const key of ['a/1', 'a/3', 'b']) await put(store, key);

      expect((await store.list('', { after: 'a/2' })).objects.map((object) => object.key)).toEqual(['a/3', 'b']);
      expect((await store.list('a/', { after: 'a/3' })).objects).toEqual([]);
    },
    mutants: {
      'begins anew when the key is missing': both((store) => ({
        list: async (prefix, options) =>
          options?.after !== undefined && (await store.stat(options.after)) === undefined
            ? store.list(prefix)
            : store.list(prefix, options),
      })),
    },
  },
  {
    title: 'list by a prefix that ends inside a name - all keys that begin so and no others',
    run: async ({ store }) => {
      for (const key of ['a/bc/1', 'a/bd', 'a/b', 'a/c', 'ab', 'b']) await put(store, key);

      expect(await keysOf(store, 'a/b')).toEqual(['a/b', 'a/bc/1', 'a/bd']);
      expect(await keysOf(store, 'a/bc/')).toEqual(['a/bc/1']);
      expect(await keysOf(store, 'a')).toEqual(['a/b', 'a/bc/1', 'a/bd', 'a/c', 'ab']);
    },
    mutants: {
      'takes the prefix for a folder': both((store) => ({
        list: (prefix, options) => store.list(prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`, options),
      })),
      'lists the whole folder': both((store) => ({
        list: (prefix, options) => store.list(prefix.slice(0, prefix.lastIndexOf('/') + 1), options),
      })),
    },
  },
  {
    title: 'list of a prefix without objects - an empty page, and no next',
    run: async ({ store }) => {
      await put(store, 'elsewhere');

      expect(await store.list('nothing/here')).toEqual({ objects: [] });
    },
    mutants: {
      'throws instead': both((store) => ({
        list: async (...all) => {
          const page = await store.list(...all);
          if (page.objects.length === 0) throw new HoldfastError('ObjectNotFound', 'nothing there');
          return page;
        },
      })),
    },
  },
];
