// Marks the record as validating and launches the worker that reads the primary copy back. Safe to repeat.

import * as z from 'zod/mini';
import { startJob } from '../jobs/start-job.ts';
import { workerLimits } from '../jobs/worker-limits.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup } from '../records/backups.ts';
import { VERIFY_JOB } from './dump-plan.ts';
import { primaryOf } from './dump-unit.ts';

export const startVerificationInput = z.strictObject({ backupId: z.string() });

export async function startVerification(
  platform: Platform,
  { backupId }: z.infer<typeof startVerificationInput>,
  task: TaskContext,
) {
  const record = await changeBackup(platform, backupId, {
    to: 'validating',
    action: 'backup_status_changed',
    actor: 'machine:backup',
  });
  return await startJob(platform, {
    owner: backupId,
    job: VERIFY_JOB,
    kind: 'verify-copy',
    payload: { backupId, location: primaryOf(platform, record.store) },
    startedBy: task.path,
    limits: workerLimits(platform),
  });
}
