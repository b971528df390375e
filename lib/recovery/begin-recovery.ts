// Leases the recovery point and marks the request as running. Safe to repeat.

import * as z from 'zod/mini';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeRecovery, loadRecovery } from './recoveries.ts';
import { takeRestoreLease } from './restore-lease.ts';

export const beginRecoveryInput = z.strictObject({ recoveryId: z.string() });

/** @throws BackupNotRestorable */
export async function beginRecovery(platform: Platform, { recoveryId }: z.infer<typeof beginRecoveryInput>) {
  const request = await loadRecovery(platform.catalog, recoveryId);
  await takeRestoreLease(platform, request.backupId, recoveryId);
  const running = await changeRecovery(platform, recoveryId, {
    to: 'running',
    patch: { startedAt: isoNow(platform.clock) },
    action: 'recovery_started',
  });
  return { recoveryId, backupId: running.backupId, store: running.store };
}
