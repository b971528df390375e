// The last condition of a store that people were told of: one catalog item per store, changed only under its revision.

import type { Catalog } from '../ports/catalog.ts';
import { load, putOver } from '../records/items.ts';
import type { Stored } from '../records/items.ts';
import { noticeKey } from '../records/keys.ts';

/** `well` is said only after one of the others was. */
export const CONDITIONS = ['well', 'failed', 'quarantined', 'corrupted', 'delayed', 'unprotected'] as const;
export type Condition = (typeof CONDITIONS)[number];

export interface Delivery {
  readonly channel: string;
  readonly attempts: number;
  readonly isDelivered: boolean;
  readonly at: string;
  /** Error name and message of the last attempt. */
  readonly error?: string;
}

export interface NoticeState {
  readonly condition: Condition;
  /** Since when the store is in this condition. */
  readonly since: string;
  /** The backup that brought it there. */
  readonly backupId?: string;
  /** Absent while nobody was reached: the next look sends again. */
  readonly deliveredAt?: string;
  /** Somebody is sending since then: a second look at the same moment must not send twice. */
  readonly claimedAt: string;
  /** Of the last sending. */
  readonly deliveries: readonly Delivery[];
}

export const loadNoticeState = async (catalog: Catalog, store: string): Promise<Stored<NoticeState> | undefined> =>
  await load<NoticeState>(catalog, noticeKey(store));

/** @throws ConditionFailed when somebody else changed it since it was read */
export async function storeNoticeState(
  catalog: Catalog,
  store: string,
  next: NoticeState,
  read: Stored<NoticeState> | undefined,
): Promise<Stored<NoticeState>> {
  await catalog.transact([putOver(noticeKey(store), next, read)]);
  return { value: next, revision: (read?.revision ?? 0) + 1 };
}
