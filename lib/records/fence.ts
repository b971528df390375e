// The fence of a store's repository: whoever writes there raises the epoch first and commits only while it still finds its own.
// A late writer of an older epoch can therefore change nothing (DESIGN 5; trap 38: a lease alone does not guard).

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

/** The condition of every commit: the fence is still at our epoch. */
export const fenceCheck = (store: string, epoch: number): Write => ({
  kind: 'check',
  key: fenceKey(store),
  condition: { kind: 'equals', fields: { epoch } },
});

export async function holdsFence(catalog: Catalog, store: string, epoch: number): Promise<boolean> {
  const fence = await load<Fence>(catalog, fenceKey(store));
  return fence?.value.epoch === epoch;
}
