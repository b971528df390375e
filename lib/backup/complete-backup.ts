// The publishing step: status, audit entry and fence check in one transaction. It comes last, and it is the only way to "completed".

import * as z from 'zod/mini';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup, loadBackup } from '../records/backups.ts';
import { requireFence } from '../records/fence.ts';
import { secondsBetween } from './fail-backup.ts';

export const completeBackupInput = z.strictObject({ backupId: z.string() });

export async function completeBackup(platform: Platform, { backupId }: z.infer<typeof completeBackupInput>) {
  const record = await loadBackup(platform.catalog, backupId);
  const endTime = isoNow(platform.clock);
  const completed = await changeBackup(platform, backupId, {
    to: 'completed',
    patch: (current) => ({ endTime, duration: secondsBetween(current.startTime ?? current.queuedAt, endTime) }),
    action: 'backup_completed',
    actor: 'machine:backup',
    details: { checksum: record.checksum ?? '', copies: record.copies.length, checks: record.checks.length },
    before: async () => [await requireFence(platform.catalog, record)],
  });
  return { status: completed.status };
}
