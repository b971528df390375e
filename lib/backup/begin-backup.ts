// Takes over the fence of the store's repository and marks the record as running. Safe to repeat: taking over one's own fence
// keeps its epoch, and a record that runs already is left as it is.

import * as z from 'zod/mini';
import { retentionUntil } from '../domain/retention-until.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup } from '../records/backups.ts';
import { raiseFence } from '../records/fence.ts';
import { loadBackup } from '../records/backups.ts';

export const beginBackupInput = z.strictObject({ backupId: z.string() });

export async function beginBackup(platform: Platform, { backupId }: z.infer<typeof beginBackupInput>) {
  const queued = await loadBackup(platform.catalog, backupId);
  // A policy that cannot be found any more fails here, before anything is written.
  const policy = platform.policies.store(queued.store);
  let epoch = queued.epoch;
  // Retention counts from the start, not from when it was queued: a day in the queue must not eat a legal minimum.
  const startedAt = (startTime: string) => ({ epoch, startTime, retentionUntil: retentionUntil(policy, startTime) });
  const record = await changeBackup(platform, backupId, {
    to: 'running',
    patch: () => startedAt(isoNow(platform.clock)),
    action: 'backup_started',
    actor: 'machine:backup',
    before: async () => {
      const raised = await raiseFence(platform.catalog, queued.store, backupId);
      epoch = raised.epoch;
      return [raised.write];
    },
  });
  return { backupId, store: record.store, epoch: record.epoch };
}
