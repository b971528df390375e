// Records how a recovery failed and returns the lease. Safe to repeat: a settled request is left as it is.

import * as z from 'zod/mini';
import { causeOfMachineError } from '../domain/machine-error.ts';
import { isRecoverySettled } from '../domain/recovery-request.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeRecovery, loadRecovery } from './recoveries.ts';
import { releaseRestoreLease } from './restore-lease.ts';

export const failRecoveryInput = z.strictObject({
  recoveryId: z.string(),
  error: z.strictObject({ Error: z.string(), Cause: z.optional(z.string()) }),
});

export async function failRecovery(platform: Platform, { recoveryId, error }: z.infer<typeof failRecoveryInput>) {
  const request = await loadRecovery(platform.catalog, recoveryId);
  if (!isRecoverySettled(request.status)) {
    await changeRecovery(platform, recoveryId, {
      to: 'failed',
      patch: { cause: causeOfMachineError(error), completedAt: isoNow(platform.clock) },
      action: 'recovery_failed',
    });
  }
  await releaseRestoreLease(platform, request.backupId, recoveryId);
  return { recoveryId };
}
