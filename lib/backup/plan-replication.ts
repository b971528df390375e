// Lists the further locations that the policy demands, and marks the record as replicating. Safe to repeat.

import * as z from 'zod/mini';
import type { Platform } from '../ports/platform.ts';
import { changeBackup } from '../records/backups.ts';

export const planReplicationInput = z.strictObject({ backupId: z.string() });

export async function planReplication(platform: Platform, { backupId }: z.infer<typeof planReplicationInput>) {
  const record = await changeBackup(platform, backupId, {
    to: 'replicating',
    action: 'backup_status_changed',
    actor: 'machine:backup',
  });
  const { copies } = platform.policies.store(record.store);
  return { locations: copies.filter((copy) => copy.role !== 'primary').map((copy) => copy.location) };
}
