// Reads the engine's comparison and the manifest's counts together: a restore that compared nothing, or found a difference,
// is a failure (trap 51). Safe to repeat.

import * as z from 'zod/mini';
import { HoldfastError } from '../domain/errors.ts';
import { resultOf } from '../jobs/results.ts';
import type { Platform } from '../ports/platform.ts';
import type { RestoreOutcome } from './restore-point.ts';
import { changeRecovery } from './recoveries.ts';
import { RESTORE_JOB } from './start-restore.ts';

export const validateRestoreInput = z.strictObject({ recoveryId: z.string() });

/** @throws RestoreMismatch */
export async function validateRestore(platform: Platform, { recoveryId }: z.infer<typeof validateRestoreInput>) {
  await changeRecovery(platform, recoveryId, { to: 'validating', action: 'recovery_started' });
  const outcome = await resultOf<RestoreOutcome>(platform.catalog, recoveryId, RESTORE_JOB);
  if (!outcome.compared.equal || outcome.compared.count === 0) {
    throw new HoldfastError('RestoreMismatch', `the restore differs from the backup: ${outcome.compared.detail}`, {
      recoveryId,
    });
  }
  return { equal: outcome.compared.equal, compared: outcome.compared.count };
}
