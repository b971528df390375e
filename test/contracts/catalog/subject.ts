// What the cases of the catalog contract work with: adapters on one table, and mutants made of them.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { JsonObject } from '../../../lib/domain/json.ts';
import type { Catalog, Condition, ItemKey, Query, Write } from '../../../lib/ports/catalog.ts';
import { instead } from '../contract.ts';

export interface CatalogSubject {
  readonly catalog: Catalog;
  /** A second adapter on the same table, as another process would have it. */
  readonly other: Catalog;
}

export const at = (sort: string, partition = 'store#orders'): ItemKey => ({ partition, sort });

export const writeOf = (sort: string, value: JsonObject, condition: Condition = { kind: 'any' }): Write => ({
  kind: 'put',
  key: at(sort),
  value,
  condition,
});

export const checkOf = (sort: string, condition: Condition): Write => ({ kind: 'check', key: at(sort), condition });

export const put = (catalog: Catalog, sort: string, value: JsonObject = {}, condition?: Condition): Promise<void> =>
  catalog.transact([writeOf(sort, value, condition)]);

export async function sortsOf(catalog: Catalog, query: Partial<Query> = {}): Promise<string[]> {
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

export const both =
  (changes: (catalog: Catalog) => Partial<Catalog>) =>
  (subject: CatalogSubject): CatalogSubject => ({
    catalog: instead(subject.catalog, changes(subject.catalog)),
    other: instead(subject.other, changes(subject.other)),
  });

/** A catalog that takes some condition for another one. */
export const confusing = (confuse: (condition: Condition) => Condition) =>
  both((catalog) => ({
    transact: (writes) => catalog.transact(writes.map((write) => ({ ...write, condition: confuse(write.condition) }))),
  }));

/** A catalog that does not check a kind of condition. */
export const ignoring = (kind: Condition['kind']) =>
  confusing((condition) => (condition.kind === kind ? { kind: 'any' } : condition));

export const oneByOne = both((catalog) => ({
  transact: async (writes) => {
    for (const write of writes) await catalog.transact([write]);
  },
}));
