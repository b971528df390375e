// The backups of the demonstration: the first by schedule, the second by request over HTTP; the machine's states are shown as they pass.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';
import type { Screen } from './screen.ts';

export const STORES = ['shop-db', 'shop-files'] as const;
const WAIT_SECONDS_MAX = 120;
const POLL_MILLISECONDS = 200;

interface BackupView {
  readonly id: string;
  readonly status: string;
  readonly trigger: { readonly kind: string };
  readonly size: number;
  readonly compressedSize: number;
  readonly cause?: { readonly name: string; readonly message: string };
  readonly copies: readonly { readonly location: string }[];
  readonly checks: readonly { readonly verdict: string }[];
}

export async function backUpBySchedule(api: ApiClient, out: Screen): Promise<void> {
  out.step('a slot is due', 'the tick queues both stores; the machine dumps, verifies, replicates, checks, completes');
  await Promise.all(STORES.map((store) => followNewest(api, store, 1, out)));
}

/** Returns how many completed backups each store has now. */
export async function backUpByRequest(api: ApiClient, out: Screen): Promise<ReadonlyMap<string, number>> {
  out.step('a second backup', 'POST /api/v1/backup/trigger/full');
  await api.post('/api/v1/backup/trigger/full', { stores: STORES });
  const backups = await Promise.all(STORES.map((store) => followNewest(api, store, 2, out)));
  return new Map(
    backups.map((list, index) => [STORES[index] ?? '', list.filter(({ status }) => status === 'completed').length]),
  );
}

/** Shows the status changes of a store's newest backup until it has settled; the store must have `count` by then. */
async function followNewest(api: ApiClient, store: string, count: number, out: Screen): Promise<readonly BackupView[]> {
  const until = performance.now() + WAIT_SECONDS_MAX * 1000;
  let shown = '';
  for (;;) {
    const { items } = await api.get<{ items: BackupView[] }>(`/api/v1/stores/${store}/backups`);
    const newest = items[0];
    if (newest !== undefined && items.length >= count) {
      if (newest.status !== shown) out.progress(store, describe(newest));
      shown = newest.status;
      if (shown === 'completed') return items;
      if (['failed', 'quarantined', 'corrupted', 'aborted'].includes(shown))
        throw new Error(`backup of ${store} ended as ${shown}: ${JSON.stringify(newest.cause)}`);
    }
    if (performance.now() > until)
      throw new Error(`no completed backup of ${store} after ${WAIT_SECONDS_MAX} s (${shown || 'none began'})`);
    await sleep(POLL_MILLISECONDS);
  }
}

function describe({ status, size, compressedSize, copies, checks }: BackupView): string {
  if (status !== 'completed') return status;
  const passed = checks.filter((check) => check.verdict === 'pass').length;
  return `completed: ${megabytes(size)} read, ${megabytes(compressedSize)} new, ${copies.length} copies read back, ${passed}/${checks.length} checks`;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
