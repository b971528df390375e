// Reads the state of every store, or of one: how far back a disaster would throw it now, and why.

import type { BackupRecord } from '../domain/backup-record.ts';
import { isRestorable } from '../domain/backup-record.ts';
import type { StorePolicy } from '../domain/store-policy.ts';
import type { Platform } from '../ports/platform.ts';
import { listBackups } from '../records/backups.ts';
import { loadNoticeState } from './notice-state.ts';
import type { StoreState } from './store-state.ts';
import { skippedState, stateOf, unknownState } from './store-state.ts';

export async function storeStates(platform: Platform): Promise<readonly StoreState[]> {
  const states = await Promise.all(platform.policies.stores().map((policy) => safeState(platform, policy)));
  return [...states, ...platform.policies.skipped().map(skippedState)];
}

/** @throws NotFound (no such store), CatalogUnavailable */
export async function storeState(platform: Platform, store: string): Promise<StoreState> {
  const policy = platform.policies.store(store);
  return await readState(platform, policy);
}

/** One unreadable store must not hide the others: it is shown as unknown. */
async function safeState(platform: Platform, policy: StorePolicy): Promise<StoreState> {
  try {
    return await readState(platform, policy);
  } catch (error) {
    platform.log.warn('store state is unknown', { store: policy.store, error: String(error) });
    return unknownState(policy);
  }
}

async function readState(platform: Platform, policy: StorePolicy): Promise<StoreState> {
  const [records, notice] = await Promise.all([
    recentBackups(platform, policy.store),
    loadNoticeState(platform.catalog, policy.store),
  ]);
  return stateOf(policy, {
    records,
    isDelayed: notice?.value.condition === 'delayed',
    nowMilliseconds: platform.clock.now(),
  });
}

/** One page shows the last days of nearly every store; a store that fails every few minutes takes more. */
const PAGE = 30;
/** A store without a good backup in its newest thousand has none that helps: `unprotected` is the honest word. */
const RECENT_MAX = 1000;

/** The newest backups, newest first, down to the newest restorable one. */
async function recentBackups(platform: Platform, store: string): Promise<readonly BackupRecord[]> {
  const records: BackupRecord[] = [];
  let after: string | undefined;
  do {
    const page = await listBackups(platform.catalog, {
      store,
      newestFirst: true,
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    records.push(...page.items);
    if (page.items.some((record) => isRestorable(record.status))) break;
    after = page.next;
  } while (after !== undefined && records.length < RECENT_MAX);
  return records;
}
