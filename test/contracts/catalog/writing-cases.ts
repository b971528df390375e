// Cases of writing: conditions, and all or none.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import { LIMITS } from '../../../lib/domain/limits.ts';
import type { Catalog, Condition, Item, Write } from '../../../lib/ports/catalog.ts';
import type { ContractCase } from '../contract.ts';
import { failureOf } from '../contract.ts';
import type { CatalogSubject } from './subject.ts';
import { at, writeOf, checkOf, put, sortsOf, both, confusing, ignoring, oneByOne } from './subject.ts';

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

export const writingCases: readonly ContractCase<CatalogSubject>[] = [...writing, ...conditions, ...transactions];
