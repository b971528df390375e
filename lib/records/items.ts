// Between catalog items and typed records: items are JSON that only we write, so the types are true by construction.

import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Catalog, Item, ItemKey, Write } from '../ports/catalog.ts';

/** Drops undefined fields; JSON has none, and a catalog compares what it stored. */
export const toItemValue = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

export interface Stored<T> {
  readonly value: T;
  readonly revision: number;
}

export async function load<T>(catalog: Catalog, key: ItemKey): Promise<Stored<T> | undefined> {
  const item = await catalog.get(key);
  return item && stored<T>(item);
}

export const stored = <T>(item: Item): Stored<T> => ({ value: item.value as unknown as T, revision: item.revision });

/** A put that only happens on the revision that was read, or on absence when nothing was read. */
export function putOver<T extends object>(key: ItemKey, value: T, read: Stored<unknown> | undefined): Write {
  const condition =
    read === undefined ? ({ kind: 'absent' } as const) : ({ kind: 'revision', revision: read.revision } as const);
  return { kind: 'put', key, value: toItemValue(value), condition };
}

/**
 * Reads, decides and writes until the decision was made on what is really stored. `decide` may run several times and must be pure.
 * Safe when the answer of a write is lost: the next round reads what took effect, and `decide` says so by returning no writes.
 *
 * @throws ConditionFailed after LIMITS.conditionRetriesMax lost rounds
 */
export async function decideAndWrite<R>(
  catalog: Catalog,
  decide: () => Promise<{ readonly result: R; readonly writes: readonly Write[] }>,
): Promise<R> {
  for (let round = 1; ; round++) {
    const { result, writes } = await decide();
    if (writes.length === 0) return result;
    try {
      await catalog.transact(writes);
      return result;
    } catch (error) {
      if (!hasErrorName(error, 'ConditionFailed') || round >= LIMITS.conditionRetriesMax) throw error;
    }
  }
}

/** Every page of a partition, bounded. */
export async function loadAll<T>(
  catalog: Catalog,
  partition: string,
  prefix: string,
  itemsMax: number,
): Promise<readonly T[]> {
  const values: T[] = [];
  let after: string | undefined;
  do {
    const page = await catalog.query({
      partition,
      prefix,
      limit: LIMITS.pageItemsMax,
      ...(after !== undefined && { after }),
    });
    values.push(...page.items.map((item) => item.value as unknown as T));
    if (values.length > itemsMax) {
      throw new HoldfastError('Internal', `more than ${itemsMax} items in partition '${partition}'`, { partition });
    }
    after = page.next;
  } while (after !== undefined);
  return values;
}
