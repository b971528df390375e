// Recovery requests in the catalog: loaded, listed, and changed together with their audit entry.

import type { AuditAction } from '../domain/audit-entry.ts';
import { HoldfastError } from '../domain/errors.ts';
import { changeRecoveryStatus } from '../domain/recovery-request.ts';
import type { RecoveryRequest, RecoveryStatus } from '../domain/recovery-request.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Platform } from '../ports/platform.ts';
import { auditWrites } from '../records/audit.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { RECOVERY_PARTITION, recoveryKey } from '../records/keys.ts';

/** @throws NotFound */
export async function loadRecovery(catalog: Catalog, recoveryId: string): Promise<RecoveryRequest> {
  const request = await load<RecoveryRequest>(catalog, recoveryKey(recoveryId));
  if (request === undefined) throw new HoldfastError('NotFound', `no recovery '${recoveryId}'`, { recoveryId });
  return request.value;
}

/** Newest first. */
export async function listRecoveries(
  catalog: Catalog,
  filter: { readonly store?: string; readonly limit?: number } = {},
): Promise<readonly RecoveryRequest[]> {
  const page = await catalog.query({ partition: RECOVERY_PARTITION, newestFirst: true, limit: LIMITS.pageItemsMax });
  const requests = page.items.map((item) => item.value as unknown as RecoveryRequest);
  return requests
    .filter((request) => filter.store === undefined || request.store === filter.store)
    .slice(0, filter.limit ?? LIMITS.pageItemsMax);
}

/** A request that has the wanted status already is returned as it is: a repeated step changes nothing. */
export async function changeRecovery(
  platform: Platform,
  recoveryId: string,
  change: { readonly to: RecoveryStatus; readonly patch?: Partial<RecoveryRequest>; readonly action: AuditAction },
): Promise<RecoveryRequest> {
  return await decideAndWrite(platform.catalog, async () => {
    const current = await load<RecoveryRequest>(platform.catalog, recoveryKey(recoveryId));
    if (current === undefined) throw new HoldfastError('NotFound', `no recovery '${recoveryId}'`, { recoveryId });
    if (current.value.status === change.to) return { result: current.value, writes: [] };
    const next = changeRecoveryStatus(current.value, change.to, change.patch);
    const audit = await auditWrites(platform.catalog, platform.clock, next.store, {
      action: change.action,
      actor: 'machine:recovery',
      subject: recoveryId,
      details: { backupId: next.backupId, to: change.to },
    });
    return { result: next, writes: [putOver(recoveryKey(recoveryId), next, current), ...audit] };
  });
}
