// Launches the worker that restores. Safe to repeat: the same machine state is the same attempt.

import * as z from 'zod/mini';
import { startJob } from '../jobs/start-job.ts';
import { workerLimits } from '../jobs/worker-limits.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';

export const RESTORE_JOB = 'restore';
export const startRestoreInput = z.strictObject({ recoveryId: z.string() });

export async function startRestore(
  platform: Platform,
  { recoveryId }: z.infer<typeof startRestoreInput>,
  task: TaskContext,
) {
  return await startJob(platform, {
    owner: recoveryId,
    job: RESTORE_JOB,
    kind: 'restore-point',
    payload: { recoveryId },
    startedBy: task.path,
    limits: workerLimits(platform),
  });
}
