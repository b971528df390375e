// Ends a backup that failed a compliance rule: the evidence stays, restores are not offered. Safe to repeat.

import * as z from 'zod/mini';
import type { Verdict } from '../domain/compliance.ts';
import type { StoredError } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup } from '../records/backups.ts';

export const quarantineBackupInput = z.strictObject({ backupId: z.string() });

export async function quarantineBackup(platform: Platform, { backupId }: z.infer<typeof quarantineBackupInput>) {
  const record = await changeBackup(platform, backupId, {
    to: 'quarantined',
    patch: ({ checks }) => ({ cause: causeOf(checks), endTime: isoNow(platform.clock) }),
    action: 'backup_quarantined',
    actor: 'machine:backup',
  });
  return { status: record.status };
}

function causeOf(checks: readonly Verdict[]): StoredError {
  const failed = checks.filter((check) => check.verdict !== 'pass');
  const evidence = failed.map((check) => `${check.rule}: ${check.evidence}`).join('; ');
  return { name: 'ComplianceFailed', message: evidence, facts: { rules: failed.map((check) => check.rule).join(',') } };
}
