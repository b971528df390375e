// Asks how the restore is doing. Only reads, so it may run any number of times.

import * as z from 'zod/mini';
import { awaitJob } from '../jobs/await-job.ts';
import type { Platform } from '../ports/platform.ts';
import { RESTORE_JOB } from './start-restore.ts';

export const awaitRestoreInput = z.strictObject({ recoveryId: z.string() });

/** @throws StillRunning, WorkerLost, or the error the restore ended with */
export async function awaitRestore(platform: Platform, { recoveryId }: z.infer<typeof awaitRestoreInput>) {
  await awaitJob(platform, { owner: recoveryId, job: RESTORE_JOB });
  return { recoveryId };
}
