// Launches the worker that copies a recovery point to one further location. Safe to repeat.

import * as z from 'zod/mini';
import { startJob } from '../jobs/start-job.ts';
import { workerLimits } from '../jobs/worker-limits.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { replicateJob } from './dump-plan.ts';

export const startReplicationInput = z.strictObject({ backupId: z.string(), location: z.string() });

export async function startReplication(
  platform: Platform,
  input: z.infer<typeof startReplicationInput>,
  task: TaskContext,
) {
  return await startJob(platform, {
    owner: input.backupId,
    job: replicateJob(input.location),
    kind: 'replicate-copy',
    payload: { backupId: input.backupId, location: input.location },
    startedBy: task.path,
    limits: workerLimits(platform),
  });
}
