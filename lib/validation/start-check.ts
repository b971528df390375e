// Launches the worker that reads or restores. Safe to repeat: the same machine state is the same attempt.

import * as z from 'zod/mini';
import { startJob } from '../jobs/start-job.ts';
import { workerLimits } from '../jobs/worker-limits.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';

export const CHECK_JOB = 'check';
export const startCheckInput = z.strictObject({ validationId: z.string() });

export async function startCheck(
  platform: Platform,
  { validationId }: z.infer<typeof startCheckInput>,
  task: TaskContext,
) {
  return await startJob(platform, {
    owner: validationId,
    job: CHECK_JOB,
    kind: 'check-backup',
    payload: { validationId },
    startedBy: task.path,
    limits: workerLimits(platform),
  });
}
