// Cases of queries: byte order, prefixes and pages.

import { expect } from '@jest/globals';

import type { ContractCase } from '../contract.ts';
import type { CatalogSubject } from './subject.ts';
import { at, put, sortsOf, both } from './subject.ts';

/** UTF-16 would put the cat before U+FF5E; a language would mix cases and accents. */
const SORTS = [
  'A',
  'a',
  'a!',
  'a#1',
  'a#10',
  'a#2',
  'a%',
  'aB',
  'a_',
  'aa',
  'aé',
  'b',
  '~',
  'é',
  'ж',
  '\uff5e',
  '\u{1F408}',
];

export const queryCases: readonly ContractCase<CatalogSubject>[] = [
  {
    title: 'query - every item of the partition in byte order, seen by every adapter at once',
    run: async ({ catalog, other }) => {
      for (const sort of SORTS.toReversed()) await put(catalog, sort, { sort });
      await catalog.transact([{ kind: 'put', key: at('a', 'store#orders2'), value: {}, condition: { kind: 'any' } }]);

      expect(await sortsOf(other)).toEqual(SORTS);
      expect((await other.query({ partition: 'store#orders' })).items[1]).toEqual({
        key: at('a'),
        value: { sort: 'a' },
        revision: 1,
      });
    },
    mutants: {
      'orders by UTF-16': both((catalog) => ({
        query: async (query) => {
          const page = await catalog.query(query);
          return { ...page, items: page.items.toSorted((left, right) => (left.key.sort < right.key.sort ? -1 : 1)) };
        },
      })),
      'takes partitions by prefix': both((catalog) => ({
        query: async (query) => ({
          items: [
            ...(await catalog.query(query)).items,
            ...(await catalog.query({ ...query, partition: `${query.partition}2` })).items,
          ],
        }),
      })),
      'leaves the values out': both((catalog) => ({
        query: async (query) => {
          const page = await catalog.query(query);
          return { ...page, items: page.items.map((item) => ({ ...item, value: {} })) };
        },
      })),
    },
  },
  {
    title: 'query newestFirst - the same items from the end',
    run: async ({ catalog }) => {
      for (const sort of SORTS) await put(catalog, sort);

      expect(await sortsOf(catalog, { newestFirst: true })).toEqual(SORTS.toReversed());
      expect(await sortsOf(catalog, { newestFirst: true, limit: 4 })).toEqual(SORTS.toReversed());
      expect(await sortsOf(catalog, { newestFirst: true, prefix: 'a#', limit: 2 })).toEqual(['a#2', 'a#10', 'a#1']);
    },
    mutants: {
      'has one order only': both((catalog) => ({ query: ({ newestFirst: _, ...query }) => catalog.query(query) })),
      'turns single pages round': both((catalog) => ({
        query: async ({ newestFirst, ...query }) => {
          const page = await catalog.query(query);
          return newestFirst === true ? { ...page, items: page.items.toReversed() } : page;
        },
      })),
    },
  },
  {
    title: 'query by prefix - what begins so and no others, whatever the prefix means elsewhere',
    run: async ({ catalog }) => {
      for (const sort of SORTS) await put(catalog, sort);

      expect(await sortsOf(catalog, { prefix: 'a#' })).toEqual(['a#1', 'a#10', 'a#2']);
      expect(await sortsOf(catalog, { prefix: 'a_' })).toEqual(['a_']);
      expect(await sortsOf(catalog, { prefix: 'a%' })).toEqual(['a%']);
      expect(await sortsOf(catalog, { prefix: '\u{1F408}' })).toEqual(['\u{1F408}']);
      expect(await sortsOf(catalog, { prefix: 'zz' })).toEqual([]);
    },
    mutants: {
      'takes the prefix for a starting point': both((catalog) => ({
        query: async ({ prefix = '', ...query }) => {
          const page = await catalog.query(query);
          return { items: page.items.filter((item) => item.key.sort >= prefix) };
        },
      })),
      'takes _ for any character': both((catalog) => ({
        query: async ({ prefix = '', ...query }) => ({
          items: (await catalog.query(query)).items.filter((item) =>
            Array.from(prefix).every(
              (character, index) => character === '_' || item.key.sort[index] === character || prefix.length > 2,
            ),
          ),
        }),
      })),
    },
  },
  {
    title: 'query by pages - every item once; `after` excludes its own place, also where nothing lies',
    run: async ({ catalog }) => {
      for (const sort of SORTS) await put(catalog, sort);

      for (const limit of [1, 3, SORTS.length]) expect(await sortsOf(catalog, { limit })).toEqual(SORTS);
      expect(await sortsOf(catalog, { prefix: 'a', after: 'a#10' })).toEqual(['a#2', 'a%', 'aB', 'a_', 'aa', 'aé']);
      expect(await sortsOf(catalog, { after: '~nothing' })).toEqual(['é', 'ж', '\uff5e', '\u{1F408}']);
      expect(await sortsOf(catalog, { prefix: 'a', after: 'a!', newestFirst: true })).toEqual(['a']);
      expect((await catalog.query({ partition: 'store#orders', limit: SORTS.length })).next).toBeUndefined();
    },
    mutants: {
      'gives the item of `after` again': both((catalog) => ({
        query: async (query) => {
          const page = await catalog.query(query);
          const again =
            query.after === undefined
              ? undefined
              : await catalog.get({ partition: query.partition, sort: query.after });
          return again === undefined ? page : { ...page, items: [again, ...page.items].slice(0, query.limit) };
        },
      })),
      'begins anew when nothing lies at `after`': both((catalog) => ({
        query: async ({ after, ...query }) => {
          const isThere =
            after !== undefined && (await catalog.get({ partition: query.partition, sort: after })) !== undefined;
          return catalog.query({ ...query, ...(isThere && { after }) });
        },
      })),
      'ends after the first page': both((catalog) => ({
        query: async (query) => ({ items: (await catalog.query(query)).items }),
      })),
      'always promises another page': both((catalog) => ({
        query: async (query) => {
          const page = await catalog.query(query);
          const last = page.items.at(-1)?.key.sort;
          return last === undefined ? page : { next: last, ...page };
        },
      })),
      'knows no limit': both((catalog) => ({ query: ({ limit: _, ...query }) => catalog.query(query) })),
    },
  },
];
