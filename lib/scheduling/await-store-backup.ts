// Waits for a child execution. Only reads, so it may run any number of times.

import * as z from 'zod/mini';
import { HoldfastError } from '../domain/errors.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';

export const awaitStoreBackupInput = z.strictObject({ backupId: z.string(), store: z.string(), execution: z.string() });

/** @throws StillRunning */
export async function awaitStoreBackup(platform: Platform, input: z.infer<typeof awaitStoreBackupInput>) {
  const execution = await platform.flows.describe(input.execution);
  if (execution?.status === 'running')
    throw new HoldfastError('StillRunning', `backup '${input.backupId}' is still running`, {
      backupId: input.backupId,
    });
  const record = await loadBackup(platform.catalog, input.backupId);
  return { backupId: input.backupId, store: input.store, status: record.status };
}
