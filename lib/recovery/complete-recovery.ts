// Writes the proof and returns the lease. Safe to repeat.

import * as z from 'zod/mini';
import { resultOf } from '../jobs/results.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeRecovery } from './recoveries.ts';
import { releaseRestoreLease } from './restore-lease.ts';
import type { RestoreOutcome } from './restore-point.ts';
import { RESTORE_JOB } from './start-restore.ts';

export const completeRecoveryInput = z.strictObject({ recoveryId: z.string() });

export async function completeRecovery(platform: Platform, { recoveryId }: z.infer<typeof completeRecoveryInput>) {
  const outcome = await resultOf<RestoreOutcome>(platform.catalog, recoveryId, RESTORE_JOB);
  const { equal, count, detail } = outcome.compared;
  const request = await changeRecovery(platform, recoveryId, {
    to: 'completed',
    patch: {
      completedAt: isoNow(platform.clock),
      restoreSeconds: outcome.restoreSeconds,
      restoredBytes: outcome.restoredBytes,
      restoredEntries: outcome.restoredEntries,
      proof: { equal, compared: count, detail },
      warnings: outcome.warnings,
    },
    action: 'recovery_completed',
  });
  await releaseRestoreLease(platform, request.backupId, recoveryId);
  return { status: request.status };
}
