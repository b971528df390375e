// Starts the execution of one store's backup as a child of the run. Idempotent: the backup id is the execution's name.

import * as z from 'zod/mini';
import type { Platform } from '../ports/platform.ts';

export const startStoreBackupInput = z.strictObject({ backupId: z.string(), store: z.string() });

export async function startStoreBackup(platform: Platform, input: z.infer<typeof startStoreBackupInput>) {
  const execution = await platform.flows.start({
    machine: 'backup',
    name: input.backupId,
    input: { backupId: input.backupId, store: input.store },
  });
  return { backupId: input.backupId, store: input.store, execution: execution.id };
}
