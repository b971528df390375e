// Asks how a replication is doing, and writes the copy's proof on the record when it is done. Safe to repeat.

import * as z from 'zod/mini';
import type { CopyState } from '../domain/backup-record.ts';
import { awaitJob } from '../jobs/await-job.ts';
import type { Platform } from '../ports/platform.ts';
import { patchBackup } from '../records/backups.ts';
import { replicateJob } from './dump-plan.ts';
import { withCopy } from './verify-copy.ts';

export const awaitReplicationInput = z.strictObject({ backupId: z.string(), location: z.string() });

/** @throws StillRunning, WorkerLost, StorageFull, StorageReadOnly, IntegrityViolation */
export async function awaitReplication(
  platform: Platform,
  { backupId, location }: z.infer<typeof awaitReplicationInput>,
) {
  const copy = (await awaitJob(platform, { owner: backupId, job: replicateJob(location) })) as unknown as CopyState;
  await patchBackup(platform, backupId, (record) => ({ copies: withCopy(record.copies, copy) }));
  return { location };
}
