// Bytes per second of this store's earlier restores: estimates come from what was measured, not from hope.

import type { Catalog } from '../ports/catalog.ts';
import { listRecoveries } from './recoveries.ts';

/** Before the first restore: half of what a plain tree restore reached on two shared cores (256 MB/s measured), to err on the late side. */
const ASSUMED_BYTES_PER_SECOND = 128_000_000;

export async function measuredRate(catalog: Catalog, store: string): Promise<number> {
  const recoveries = await listRecoveries(catalog, { store });
  const measured = recoveries.filter(
    (recovery) => recovery.status === 'completed' && (recovery.restoreSeconds ?? 0) > 0,
  );
  const bytes = measured.reduce((sum, recovery) => sum + recovery.restoredBytes, 0);
  const seconds = measured.reduce((sum, recovery) => sum + (recovery.restoreSeconds ?? 0), 0);
  return bytes > 0 && seconds > 0 ? bytes / seconds : ASSUMED_BYTES_PER_SECOND;
}
