// Writes the verdict on the backup's record: a passed test restore makes it "validated", wrong bytes make it "corrupted", and a
// clean reading of a corrupted one makes it whole again. Safe to repeat: a result is written once by its id.

import * as z from 'zod/mini';
import type { BackupRecord, BackupStatus, CopyState, ValidationResult } from '../domain/backup-record.ts';
import type { StoredError } from '../domain/errors.ts';
import { resultOf } from '../jobs/results.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup, loadBackup, patchBackup } from '../records/backups.ts';
import { CHECK_JOB } from './start-check.ts';
import { endValidation, loadValidation } from './validations.ts';

export const recordValidationInput = z.strictObject({ validationId: z.string() });

export async function recordValidation(platform: Platform, { validationId }: z.infer<typeof recordValidationInput>) {
  const validation = await loadValidation(platform.catalog, validationId);
  const result = await resultOf<ValidationResult>(platform.catalog, validationId, CHECK_JOB);
  await patchBackup(platform, validation.backupId, (record) =>
    record.validationResults.some((known) => known.id === result.id)
      ? undefined
      : { validationResults: [...record.validationResults, result], copies: judgedCopies(record, result) },
  );
  const record = await loadBackup(platform.catalog, validation.backupId);
  const to = statusAfter(record, result);
  if (to !== undefined) {
    await changeBackup(platform, record.id, {
      to,
      ...(to === 'corrupted' && { patch: { cause: damageOf(result) } }),
      action: to === 'corrupted' ? 'backup_corrupted' : 'validation_recorded',
      actor: 'machine:validation',
      details: { validationId, verdict: result.verdict },
    });
  }
  await endValidation(platform.catalog, validationId, { status: 'completed', result, endedAt: isoNow(platform.clock) });
  return { validationId, verdict: result.verdict };
}

/** Marks the copies that were found damaged; a clean reading of all copies takes the marks away. */
function judgedCopies({ copies }: BackupRecord, result: ValidationResult): readonly CopyState[] {
  const damaged = result.damagedLocations ?? [];
  const isClean = result.kind === 'integrity' && result.verdict === 'passed';
  return copies.map(({ damagedAt, ...copy }) => {
    const at = damaged.includes(copy.location) ? result.at : isClean ? undefined : damagedAt;
    return { ...copy, ...(at !== undefined && { damagedAt: at }) };
  });
}

function statusAfter(record: BackupRecord, result: ValidationResult): BackupStatus | undefined {
  if (result.verdict === 'failed') return record.status === 'corrupted' ? undefined : 'corrupted';
  if (result.verdict !== 'passed') return undefined;
  if (record.status === 'corrupted' && result.kind === 'integrity') return 'completed';
  return record.status === 'completed' && result.kind === 'test-restore' ? 'validated' : undefined;
}

const damageOf = (result: ValidationResult): StoredError => ({
  name: 'IntegrityViolation',
  message: result.detail,
  facts: { location: result.location, validationId: result.id },
});
