// Records how a backup failed. A wrong stored byte is "corrupted", a lost fence is "aborted", all else is "failed". Safe to repeat:
// a record that has settled is left as it is.

import * as z from 'zod/mini';
import { isSettled, legalChangesFrom } from '../domain/backup-record.ts';
import type { BackupStatus } from '../domain/backup-record.ts';
import { causeOfMachineError } from '../domain/machine-error.ts';
import type { ErrorName } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup, loadBackup } from '../records/backups.ts';

export const failBackupInput = z.strictObject({
  backupId: z.string(),
  error: z.strictObject({ Error: z.string(), Cause: z.optional(z.string()) }),
});

export async function failBackup(platform: Platform, { backupId, error }: z.infer<typeof failBackupInput>) {
  const record = await loadBackup(platform.catalog, backupId);
  if (isSettled(record.status)) return { status: record.status };
  const cause = causeOfMachineError(error);
  const wanted = statusFor(cause.name);
  const to = legalChangesFrom(record.status).includes(wanted) ? wanted : 'failed';
  const endTime = isoNow(platform.clock);
  const failed = await changeBackup(platform, backupId, {
    to,
    patch: (current) => ({ cause, endTime, duration: secondsBetween(current.startTime ?? current.queuedAt, endTime) }),
    action: to === 'corrupted' ? 'backup_corrupted' : 'backup_failed',
    actor: 'machine:backup',
    details: { cause: cause.name },
  });
  return { status: failed.status };
}

function statusFor(name: ErrorName): BackupStatus {
  if (name === 'IntegrityViolation' || name === 'ObjectCorrupted') return 'corrupted';
  if (name === 'FenceLost' || name === 'ExecutionStopped') return 'aborted';
  return 'failed';
}

export const secondsBetween = (start: string, end: string): number =>
  Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000);
