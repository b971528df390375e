// A restore's lease on its recovery point: an attribute of the record itself, so that one conditional write orders it against
// deletion (DESIGN 5). Taking or returning it twice changes nothing.

import { restorableCopies } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { patchBackup } from '../records/backups.ts';

/** @throws BackupNotRestorable when the backup is not restorable any more */
export async function takeRestoreLease(platform: Platform, backupId: string, recoveryId: string): Promise<void> {
  await patchBackup(platform, backupId, (record) => {
    if (record.restoreLeases.some((lease) => lease.recoveryId === recoveryId)) return undefined;
    if (restorableCopies(record).length === 0)
      throw new HoldfastError('BackupNotRestorable', `backup '${backupId}' is ${record.status}`, { backupId });
    return { restoreLeases: [...record.restoreLeases, { recoveryId, takenAt: isoNow(platform.clock) }] };
  });
}

export async function releaseRestoreLease(platform: Platform, backupId: string, recoveryId: string): Promise<void> {
  await patchBackup(platform, backupId, (record) => {
    if (!record.restoreLeases.some((lease) => lease.recoveryId === recoveryId)) return undefined;
    return { restoreLeases: record.restoreLeases.filter((lease) => lease.recoveryId !== recoveryId) };
  });
}
