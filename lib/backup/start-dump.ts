// Begins an attempt to dump one unit. Safe to repeat: the same machine state is the same attempt.

import * as z from 'zod/mini';
import { startJob } from '../jobs/start-job.ts';
import { workerLimits } from '../jobs/worker-limits.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { dumpJob } from './dump-plan.ts';

export const startDumpInput = z.strictObject({ backupId: z.string(), unit: z.number() });

/** @throws the last attempt's error after LIMITS.workAttemptsMax attempts */
export async function startDump(
  platform: Platform,
  { backupId, unit }: z.infer<typeof startDumpInput>,
  task: TaskContext,
) {
  return await startJob(platform, {
    owner: backupId,
    job: dumpJob(unit),
    kind: 'dump-unit',
    payload: { backupId, unit },
    startedBy: task.path,
    limits: workerLimits(platform),
  });
}
