// Asks how the verification of the primary copy is doing, and writes the copy's proof on the record when it is done. Safe to repeat.

import * as z from 'zod/mini';
import type { CopyState } from '../domain/backup-record.ts';
import { awaitJob } from '../jobs/await-job.ts';
import type { Platform } from '../ports/platform.ts';
import { patchBackup } from '../records/backups.ts';
import { VERIFY_JOB } from './dump-plan.ts';
import { withCopy } from './verify-copy.ts';

export const awaitVerificationInput = z.strictObject({ backupId: z.string() });

/** @throws StillRunning, WorkerLost, IntegrityViolation, CopyMissing */
export async function awaitVerification(platform: Platform, { backupId }: z.infer<typeof awaitVerificationInput>) {
  const copy = (await awaitJob(platform, { owner: backupId, job: VERIFY_JOB })) as unknown as CopyState;
  await patchBackup(platform, backupId, (record) => ({ copies: withCopy(record.copies, copy) }));
  return { location: copy.location };
}
