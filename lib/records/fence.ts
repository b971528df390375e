// The fence of a store's repository: whoever writes there raises the epoch first and commits only while it still finds its own.
// A late writer of an older epoch can therefore change nothing (DESIGN 5; trap 38: a lease alone does not guard).

import type { BackupRecord } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { Catalog, Write } from '../ports/catalog.ts';
import { load, putOver } from './items.ts';
import { fenceKey } from './keys.ts';

interface Fence {
  readonly epoch: number;
  readonly owner: string;
}

/**
 * The write that takes over the fence for `owner`, and the epoch it will have. Taking over one's own fence again keeps the epoch.
 * Put it into the transaction that marks the record as running.
 */
export async function raiseFence(
  catalog: Catalog,
  store: string,
  owner: string,
): Promise<{ readonly epoch: number; readonly write: Write }> {
  const fence = await load<Fence>(catalog, fenceKey(store));
  const epoch = fence?.value.owner === owner ? fence.value.epoch : (fence?.value.epoch ?? 0) + 1;
  return { epoch, write: putOver(fenceKey(store), { epoch, owner }, fence) };
}

/**
 * The condition of every commit: the fence is still at our epoch. A fence that is known to be lost is told by its name at once; the
 * condition itself catches the one that is lost between this reading and the write.
 *
 * @throws FenceLost
 */
export async function requireFence(
  catalog: Catalog,
  { id, store, epoch }: Pick<BackupRecord, 'id' | 'store' | 'epoch'>,
): Promise<Write> {
  const fence = await load<Fence>(catalog, fenceKey(store));
  if (fence?.value.epoch !== epoch) {
    throw new HoldfastError('FenceLost', `backup '${id}' lost the repository of '${store}' to a newer writer`, {
      backupId: id,
    });
  }
  return { kind: 'check', key: fenceKey(store), condition: { kind: 'equals', fields: { epoch } } };
}
