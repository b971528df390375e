// The catalog port: a small document table that holds the truth about backups. Items are JSON, writes are conditional.

import type { JsonObject } from '../domain/json.ts';

export interface ItemKey {
  /** Items of one partition are listed together, for example `store#orders-db`. */
  readonly partition: string;
  /** Order inside the partition, for example `backup#bkp_01…`. */
  readonly sort: string;
}

export interface Item {
  readonly key: ItemKey;
  readonly value: JsonObject;
  /** Grows with every write of the item; starts at 1. */
  readonly revision: number;
}

/** What must be true of the stored item for the write to happen. */
export type Condition =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present' }
  | { readonly kind: 'revision'; readonly revision: number }
  /** Top-level fields equal these scalars: the fence check. */
  | { readonly kind: 'equals'; readonly fields: Readonly<Record<string, string | number | boolean>> }
  | { readonly kind: 'any' };

export type Write =
  | { readonly kind: 'put'; readonly key: ItemKey; readonly value: JsonObject; readonly condition: Condition }
  /** Writes nothing; the transaction fails unless the condition holds. */
  | { readonly kind: 'check'; readonly key: ItemKey; readonly condition: Condition };

export interface Query {
  readonly partition: string;
  /** Only sort keys that begin so. */
  readonly prefix?: string;
  /** Exclusive: continue after this sort key (before it when `newestFirst`). */
  readonly after?: string;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

export interface Catalog {
  /** Strongly consistent: sees every write that has returned. Undefined when missing. */
  get(key: ItemKey): Promise<Item | undefined>;

  /**
   * All writes or none, at most LIMITS.transactionWritesMax, no two of one key. When it returns, the writes are durable.
   * A call whose answer was lost may have taken effect: the caller re-reads and decides.
   * @throws ConditionFailed naming the first key whose condition did not hold (facts `partition`, `sort`), CatalogUnavailable,
   *   InvalidRequest (too many writes, an item above LIMITS.catalogItemBytesMax)
   */
  transact(writes: readonly Write[]): Promise<void>;

  /** One page in sort-key order (byte order), strongly consistent. */
  query(query: Query): Promise<{ readonly items: readonly Item[]; readonly next?: string }>;
}
