// The contract of lib/ports/catalog.ts, for every adapter: conditional writes, all or none, strong reads, pages in byte order.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { JsonObject } from '../../lib/domain/json.ts';
import { LIMITS } from '../../lib/domain/limits.ts';
import type { Catalog, Condition, Item, ItemKey, Query, Write } from '../../lib/ports/catalog.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

export interface CatalogSubject {
  readonly catalog: Catalog;
  /** A second adapter on the same table, as another process would have it. */
  readonly other: Catalog;
}

export function catalogContract(name: string, make: MakeSubject<CatalogSubject>): void {
  runContract(`catalog contract: ${name}`, catalogCases, make);
}

export function catalogMutants(name: string, make: MakeSubject<CatalogSubject>): void {
  runMutants(`catalog contract: ${name}`, catalogCases, make);
}

const at = (sort: string, partition = 'store#orders'): ItemKey => ({ partition, sort });

const writeOf = (sort: string, value: JsonObject, condition: Condition = { kind: 'any' }): Write => ({
  kind: 'put',
  key: at(sort),
  value,
  condition,
});

const checkOf = (sort: string, condition: Condition): Write => ({ kind: 'check', key: at(sort), condition });

const put = (catalog: Catalog, sort: string, value: JsonObject = {}, condition?: Condition): Promise<void> =>
  catalog.transact([writeOf(sort, value, condition)]);

async function sortsOf(catalog: Catalog, query: Partial<Query> = {}): Promise<string[]> {
  const sorts: string[] = [];
  let after = query.after;
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await catalog.query({ partition: 'store#orders', ...query, ...(after !== undefined && { after }) });
    if (query.limit !== undefined) expect(page.items.length).toBeLessThanOrEqual(query.limit);
    sorts.push(...page.items.map((item) => item.key.sort));
    after = page.next;
    if (after === undefined) return sorts;
  }
  throw new HoldfastError('Internal', 'the query does not come to an end');
}

const both =
  (changes: (catalog: Catalog) => Partial<Catalog>) =>
  (subject: CatalogSubject): CatalogSubject => ({
    catalog: instead(subject.catalog, changes(subject.catalog)),
    other: instead(subject.other, changes(subject.other)),
  });

/** A catalog that takes some condition for another one. */
const confusing = (confuse: (condition: Condition) => Condition) =>
  both((catalog) => ({
    transact: (writes) => catalog.transact(writes.map((write) => ({ ...write, condition: confuse(write.condition) }))),
  }));

/** A catalog that does not check a kind of condition. */
const ignoring = (kind: Condition['kind']) =>
  confusing((condition) => (condition.kind === kind ? { kind: 'any' } : condition));

const oneByOne = both((catalog) => ({
  transact: async (writes) => {
    for (const write of writes) await catalog.transact([write]);
  },
}));

const VALUE: JsonObject = {
  text: 'Кот "\\" \u0000 \u{1F408}',
  empty: '',
  zero: 0,
  negative: -1.5,
  large: Number.MAX_SAFE_INTEGER,
  yes: true,
  nothing: null,
  list: [1, [], {}, null],
  nested: { deep: { deeper: ['x'] } },
};

const writing: readonly ContractCase<CatalogSubject>[] = [
  {
    title: 'get of a missing item - undefined',
    run: async ({ catalog }) => {
      await put(catalog, 'there');

      expect(await catalog.get(at('missing'))).toBeUndefined();
      expect(await catalog.get(at('there', 'store#other'))).toBeUndefined();
    },
    mutants: {
      'answers an empty item': both((catalog) => ({
        get: async (key) => (await catalog.get(key)) ?? { key, value: {}, revision: 0 },
      })),
    },
  },
  {
    title: 'put - every kind of value comes back as it was, under its key, with revision 1',
    run: async ({ catalog }) => {
      await put(catalog, 'value', VALUE);

      expect(await catalog.get(at('value'))).toEqual({ key: at('value'), value: VALUE, revision: 1 });
    },
    mutants: {
      'loses null fields': both((catalog) => ({
        transact: (writes) =>
          catalog.transact(
            writes.map((write) =>
              write.kind === 'put'
                ? {
                    ...write,
                    value: Object.fromEntries(Object.entries(write.value).filter(([, field]) => field !== null)),
                  }
                : write,
            ),
          ),
      })),
      'counts revisions from 0': both((catalog) => ({
        get: async (key) => {
          const item = await catalog.get(key);
          return item && { ...item, revision: item.revision - 1 };
        },
      })),
    },
  },
  {
    title: 'put over an item - the whole value is replaced, the revision grows by every write',
    run: async ({ catalog, other }) => {
      await put(catalog, 'twice', { first: 1, both: 1 });
      await put(other, 'twice', { second: 2, both: 2 });

      expect(await catalog.get(at('twice'))).toEqual({ key: at('twice'), value: { second: 2, both: 2 }, revision: 2 });
    },
    mutants: {
      'merges fields': both((catalog) => ({
        transact: async (writes) => {
          const merged = writes.map(async (write) =>
            write.kind === 'put'
              ? { ...write, value: { ...(await catalog.get(write.key))?.value, ...write.value } }
              : write,
          );
          await catalog.transact(await Promise.all(merged));
        },
      })),
      'keeps the revision': both((catalog) => ({
        get: async (key) => {
          const item = await catalog.get(key);
          return item && { ...item, revision: 1 };
        },
      })),
    },
  },
  {
    title: 'value that a caller changes after reading - the stored one stays',
    run: async ({ catalog }) => {
      await put(catalog, 'mine', { list: ['stored'] });
      const first = (await catalog.get(at('mine'))) as unknown as { value: { list: string[] } };
      first.value.list.push('changed');

      expect((await catalog.get(at('mine')))?.value).toEqual({ list: ['stored'] });
    },
    mutants: {
      'gives out what it holds': both((catalog) => {
        const held = new Map<string, Item | undefined>();
        return {
          get: async (key) => {
            if (!held.has(key.sort)) held.set(key.sort, await catalog.get(key));
            return held.get(key.sort);
          },
        };
      }),
    },
  },
];

/** One write with a condition that holds, and one that does not. */
function conditionCase(
  kind: Condition['kind'],
  holds: readonly [string, Condition],
  fails: readonly [string, Condition][],
  mutants: ContractCase<CatalogSubject>['mutants'],
): ContractCase<CatalogSubject> {
  return {
    title: `condition "${kind}" - written when it holds, refused with ConditionFailed when it does not`,
    run: async ({ catalog, other }) => {
      await put(catalog, 'known', { epoch: 7, status: 'running', isHeld: false });

      for (const [sort, condition] of fails) {
        const before = await other.get(at(sort));
        expect((await failureOf(put(catalog, sort, { wrote: sort }, condition))).name).toBe('ConditionFailed');
        expect(await other.get(at(sort))).toEqual(before);
      }
      await put(catalog, holds[0], { wrote: 'well' }, holds[1]);
      expect((await other.get(at(holds[0])))?.value).toEqual({ wrote: 'well' });
    },
    mutants,
  };
}

const conditions: readonly ContractCase<CatalogSubject>[] = [
  conditionCase('absent', ['new', { kind: 'absent' }], [['known', { kind: 'absent' }]], {
    'ignores it': ignoring('absent'),
  }),
  conditionCase('present', ['known', { kind: 'present' }], [['new', { kind: 'present' }]], {
    'ignores it': ignoring('present'),
  }),
  conditionCase(
    'revision',
    ['known', { kind: 'revision', revision: 1 }],
    [
      ['known', { kind: 'revision', revision: 2 }],
      ['known', { kind: 'revision', revision: 0 }],
      ['new', { kind: 'revision', revision: 1 }],
    ],
    {
      'ignores it': ignoring('revision'),
      'asks for presence only': confusing((condition) =>
        condition.kind === 'revision' ? { kind: 'present' } : condition,
      ),
    },
  ),
  conditionCase(
    'equals',
    ['known', { kind: 'equals', fields: { epoch: 7, status: 'running', isHeld: false } }],
    [
      ['known', { kind: 'equals', fields: { epoch: 8 } }],
      ['known', { kind: 'equals', fields: { epoch: '7' } }],
      ['known', { kind: 'equals', fields: { isHeld: 0 } }],
      ['known', { kind: 'equals', fields: { epoch: 7, status: 'completed' } }],
      ['known', { kind: 'equals', fields: { missing: 'field' } }],
      ['new', { kind: 'equals', fields: { epoch: 7 } }],
      ['new', { kind: 'equals', fields: {} }],
    ],
    {
      'ignores it': ignoring('equals'),
      'asks for presence only': confusing((condition) =>
        condition.kind === 'equals' ? { kind: 'present' } : condition,
      ),
      'compares the first field only': confusing((condition) =>
        condition.kind === 'equals'
          ? { kind: 'equals', fields: Object.fromEntries(Object.entries(condition.fields).slice(0, 1)) }
          : condition,
      ),
      'takes 7 and "7" for equal': confusing((condition) =>
        condition.kind === 'equals' && condition.fields.epoch === '7'
          ? { kind: 'equals', fields: { epoch: 7 } }
          : condition,
      ),
    },
  ),
];

const transactions: readonly ContractCase<CatalogSubject>[] = [
  {
    title: 'transaction with one condition that does not hold - nothing is written, the error names the first such key',
    run: async ({ catalog, other }) => {
      await put(catalog, 'b', { old: true });
      const transaction = catalog.transact([
        writeOf('a', { new: true }),
        writeOf('b', { new: true }, { kind: 'revision', revision: 5 }),
        writeOf('c', { new: true }, { kind: 'present' }),
      ]);

      const failure = await failureOf(transaction);

      expect(failure).toMatchObject({ name: 'ConditionFailed', facts: at('b') });
      expect(await sortsOf(other)).toEqual(['b']);
      expect(await other.get(at('b'))).toMatchObject({ value: { old: true }, revision: 1 });
    },
    mutants: {
      'writes one after the other': oneByOne,
      'names no key': both((catalog) => ({
        transact: (writes) =>
          catalog.transact(writes).catch(() => {
            throw new HoldfastError('ConditionFailed', 'some condition');
          }),
      })),
    },
  },
  {
    title: 'transaction whose conditions hold - everything is written',
    run: async ({ catalog, other }) => {
      await catalog.transact([writeOf('a', { in: 'a' }), writeOf('b', { in: 'b' }, { kind: 'absent' })]);

      expect((await other.get(at('a')))?.value).toEqual({ in: 'a' });
      expect((await other.get(at('b')))?.value).toEqual({ in: 'b' });
    },
    mutants: {
      'writes the first only': both((catalog) => ({ transact: (writes) => catalog.transact(writes.slice(0, 1)) })),
    },
  },
  {
    title: 'check - writes nothing, but its condition guards the transaction',
    run: async ({ catalog, other }) => {
      await put(catalog, 'fence', { epoch: 3 });

      await catalog.transact([checkOf('fence', { kind: 'equals', fields: { epoch: 3 } }), writeOf('one', {})]);
      const late = await failureOf(
        catalog.transact([checkOf('fence', { kind: 'equals', fields: { epoch: 2 } }), writeOf('two', {})]),
      );

      expect(late).toMatchObject({ name: 'ConditionFailed', facts: at('fence') });
      expect(await sortsOf(other)).toEqual(['fence', 'one']);
      expect(await other.get(at('fence'))).toMatchObject({ value: { epoch: 3 }, revision: 1 });
    },
    mutants: {
      'forgets checks': both((catalog) => ({
        transact: (writes) => catalog.transact(writes.filter((write) => write.kind === 'put')),
      })),
      'writes what it checks': both((catalog) => ({
        transact: async (writes) => {
          const touched = writes.map(async (write): Promise<Write> =>
            write.kind === 'check'
              ? { ...write, kind: 'put', value: (await catalog.get(write.key))?.value ?? {} }
              : write,
          );
          await catalog.transact(await Promise.all(touched));
        },
      })),
    },
  },
  {
    title: 'two writes of one item in a transaction - InvalidRequest, nothing is written',
    run: async ({ catalog }) => {
      expect((await failureOf(catalog.transact([writeOf('same', { n: 1 }), writeOf('same', { n: 2 })]))).name).toBe(
        'InvalidRequest',
      );
      expect(await catalog.get(at('same'))).toBeUndefined();
    },
    mutants: { 'writes one after the other': oneByOne },
  },
  {
    title: 'more writes than the bound - InvalidRequest, nothing is written; at the bound - written',
    run: async ({ catalog }) => {
      const writes = Array.from({ length: LIMITS.transactionWritesMax + 1 }, (_, index) => writeOf(`n${index}`, {}));

      expect((await failureOf(catalog.transact(writes))).name).toBe('InvalidRequest');
      expect(await sortsOf(catalog)).toEqual([]);
      await catalog.transact(writes.slice(1));
      expect(await sortsOf(catalog)).toHaveLength(LIMITS.transactionWritesMax);
    },
    mutants: {
      'cuts long transactions into pieces': both((catalog) => ({
        transact: async (writes) => {
          for (let from = 0; from < writes.length; from += 5) await catalog.transact(writes.slice(from, from + 5));
        },
      })),
      'has a lower bound': both((catalog) => ({
        transact: async (writes) => {
          if (writes.length >= LIMITS.transactionWritesMax) throw new HoldfastError('InvalidRequest', 'too many');
          await catalog.transact(writes);
        },
      })),
    },
  },
  {
    title: 'item above the size bound - InvalidRequest, nothing is written; just below - written whole',
    run: async ({ catalog }) => {
      const text = 'ж'.repeat(LIMITS.catalogItemBytesMax / 2);

      expect((await failureOf(put(catalog, 'large', { text }))).name).toBe('InvalidRequest');
      expect(await catalog.get(at('large'))).toBeUndefined();
      await put(catalog, 'large', { text: text.slice(100) });
      expect((await catalog.get(at('large')))?.value).toEqual({ text: text.slice(100) });
    },
    mutants: {
      'cuts what is too large': both((catalog) => ({
        transact: (writes) =>
          catalog.transact(
            writes.map((write) =>
              write.kind === 'put' && JSON.stringify(write.value).length > 1000 ? { ...write, value: {} } : write,
            ),
          ),
      })),
    },
  },
  {
    title: 'many writers that count up one item by its revision - no count is lost',
    run: async ({ catalog, other }) => {
      await put(catalog, 'count', { n: 0 });
      const countUp = async (by: Catalog): Promise<void> => {
        for (let tries = 0; tries < 200; tries += 1) {
          const item = await by.get(at('count'));
          const written = put(
            by,
            'count',
            { n: Number(item?.value.n) + 1 },
            { kind: 'revision', revision: item?.revision ?? 0 },
          );
          if (
            await written.then(
              () => true,
              () => false,
            )
          )
            return;
        }
        throw new HoldfastError('Internal', 'never came through');
      };

      await Promise.all(Array.from({ length: 16 }, (_, index) => countUp(index % 2 === 0 ? catalog : other)));

      expect(await catalog.get(at('count'))).toMatchObject({ value: { n: 16 }, revision: 17 });
    },
    mutants: {
      'looks at conditions before it takes the lock': both((catalog) => ({
        transact: async (writes) => {
          for (const { key, condition } of writes) {
            const found = await catalog.get(key);
            if (condition.kind === 'revision' && found?.revision !== condition.revision)
              throw new HoldfastError('ConditionFailed', 'seen');
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
          await catalog.transact(writes.map((write) => ({ ...write, condition: { kind: 'any' } })));
        },
      })),
    },
  },
];

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

const queries: readonly ContractCase<CatalogSubject>[] = [
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

export const catalogCases: readonly ContractCase<CatalogSubject>[] = [
  ...writing,
  ...conditions,
  ...transactions,
  ...queries,
];
