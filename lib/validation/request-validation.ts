// Starts validations: of one backup, or of every restorable backup there is.

import { RESTORABLE_STATUSES } from '../domain/backup-record.ts';
import type { BackupRecord, ValidationResult } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { auditWrites } from '../records/audit.ts';
import { loadBackup, restorableBackups } from '../records/backups.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { idempotencyKey, validationKey } from '../records/keys.ts';
import { loadValidation } from './validations.ts';
import type { Validation } from './validations.ts';

export interface ValidationRequest {
  readonly backupId: string;
  readonly kind: ValidationResult['kind'];
  readonly requestedBy: string;
  readonly idempotencyKey?: string;
}

/** @throws NotFound, BackupNotRestorable, IdempotencyConflict */
export async function requestValidation(
  platform: Platform,
  request: ValidationRequest,
): Promise<{ readonly validationId: string }> {
  const validation = await createValidation(platform, request);
  await platform.flows.start({ machine: 'validation', name: validation.id, input: { validationId: validation.id } });
  return { validationId: validation.id };
}

/** One integrity validation for every restorable or corrupted backup. */
export async function verifyAll(platform: Platform, request: { readonly requestedBy: string }) {
  const validations: { validationId: string; backupId: string; store: string }[] = [];
  for (const { store } of platform.policies.stores()) {
    for await (const record of restorableBackups(platform.catalog, store)) {
      const { validationId } = await requestValidation(platform, {
        backupId: record.id,
        kind: 'integrity',
        requestedBy: request.requestedBy,
      });
      validations.push({ validationId, backupId: record.id, store });
    }
  }
  return { validations };
}

async function createValidation(platform: Platform, request: ValidationRequest): Promise<Validation> {
  const id = platform.ids.next('val');
  const remembered = idempotencyKey('validation', request.idempotencyKey ?? id);
  return await decideAndWrite(platform.catalog, async () => {
    const earlier = await load<{ backupId: string; kind: string; validationId: string }>(platform.catalog, remembered);
    if (earlier !== undefined) {
      if (earlier.value.backupId !== request.backupId || earlier.value.kind !== request.kind) {
        throw new HoldfastError('IdempotencyConflict', 'this Idempotency-Key asked for another validation before', {
          backupId: request.backupId,
        });
      }
      return { result: await loadValidation(platform.catalog, earlier.value.validationId), writes: [] };
    }
    const record = await loadBackup(platform.catalog, request.backupId);
    assertCanValidate(record);
    const validation: Validation = {
      id,
      backupId: record.id,
      store: record.store,
      kind: request.kind,
      status: 'running',
      requestedBy: request.requestedBy,
      startedAt: isoNow(platform.clock),
    };
    const writes = [
      putOver(remembered, { backupId: record.id, kind: request.kind, validationId: id }, undefined),
      putOver(validationKey(id), validation, undefined),
      ...(await auditWrites(platform.catalog, platform.clock, record.store, {
        action: 'validation_started',
        actor: request.requestedBy,
        subject: id,
        details: { backupId: record.id, kind: request.kind },
      })),
    ];
    return { result: validation, writes };
  });
}

/** A corrupted backup may be read again: its copy may have been healed. */
function assertCanValidate(record: BackupRecord): void {
  if (RESTORABLE_STATUSES.includes(record.status) || record.status === 'corrupted') return;
  throw new HoldfastError(
    'BackupNotRestorable',
    `backup '${record.id}' is ${record.status}; there is nothing to validate`,
    { backupId: record.id },
  );
}
