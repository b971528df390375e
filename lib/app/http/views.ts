// What the API shows of records: schemas that are the contract, and the pure functions that make them.

import { z } from 'zod';
import { BACKUP_STATUSES, BACKUP_TYPES } from '../../domain/backup-record.ts';
import type { BackupRecord, CopyState, UnitResult } from '../../domain/backup-record.ts';
import { ERROR_TABLE } from '../../domain/errors.ts';
import type { StoredError } from '../../domain/errors.ts';
import { RECOVERY_STATUSES, RECOVERY_TYPES } from '../../domain/recovery-request.ts';
import type { RecoveryPlan, RecoveryRequest } from '../../domain/recovery-request.ts';
import { printable } from './errors.ts';
import type { Language } from './language.ts';
import type { ValidationView } from './services.ts';
import type { Viewer } from './viewer.ts';

export const instant = z.iso.datetime().meta({ description: 'RFC 3339 in UTC' });

export const causeView = z
  .object({ code: z.string(), name: z.string(), title: z.string(), detail: z.string(), hint: z.string() })
  .meta({ id: 'Cause', description: 'Why something failed; the code is the contract' });

export const causeOf = (cause: StoredError, language: Language): z.infer<typeof causeView> => {
  const { code, title, hint } = ERROR_TABLE[cause.name];
  return { code, name: cause.name, title: title[language], detail: printable(cause.message), hint };
};

export const timeZone = z.string().meta({ description: 'Zone in which people of this store read times' });

export const validationResultView = z
  .object({
    id: z.string(),
    kind: z.enum(['integrity', 'test-restore']),
    verdict: z.enum(['passed', 'failed', 'inconclusive']),
    at: instant,
    location: z.string(),
    checkedBytes: z.number(),
    restoreSeconds: z.number().optional(),
    detail: z.string(),
  })
  .meta({ id: 'ValidationResult' });

export const backupView = z
  .object({
    id: z.string(),
    store: z.string(),
    service: z.string(),
    engine: z.string(),
    method: z.string(),
    restoreTargets: z.array(z.string()).meta({ description: 'Kinds of targets it can be restored to' }),
    type: z.enum(BACKUP_TYPES),
    status: z.enum(BACKUP_STATUSES),
    trigger: z.object({ kind: z.string(), slot: z.string().optional(), requestedBy: z.string() }),
    dataType: z.string(),
    timeZone,
    queuedAt: instant,
    startTime: instant.optional(),
    endTime: instant.optional(),
    duration: z.number().optional().meta({ description: 'Seconds from start to end' }),
    size: z.number().meta({ description: 'Source bytes' }),
    compressedSize: z.number().meta({ description: 'Newly stored bytes' }),
    compressionRatio: z.number(),
    checksum: z.string().optional(),
    copies: z.array(
      z.object({
        role: z.string(),
        location: z.string(),
        country: z.string(),
        presentAt: instant.optional(),
        verifiedAt: instant.optional(),
        objects: z.number().optional(),
        damagedAt: instant.optional().meta({ description: 'Found wrong or missing then, and not clean since' }),
      }),
    ),
    checks: z.array(
      z.object({
        rule: z.string(),
        basis: z.enum(['law', 'policy']),
        verdict: z.enum(['pass', 'fail', 'unknown']),
        evidence: z.string(),
      }),
    ),
    units: z.array(
      z.object({
        unit: z.string(),
        sizeBytes: z.number(),
        storedBytes: z.number(),
        reusedBytes: z.number(),
        entries: z.number(),
        sourceVersion: z.string(),
        consistentAt: instant.optional(),
        warnings: z.array(z.string()),
      }),
    ),
    validationResults: z.array(validationResultView),
    retentionUntil: instant,
    holds: z.number(),
    cause: causeView.optional(),
  })
  .meta({ id: 'Backup' });
export type BackupView = z.infer<typeof backupView>;

/** The record without its inner pins: keys and hashes of objects are no business of a client. */
export function viewOfBackup(record: BackupRecord, viewer: Viewer): BackupView {
  const {
    epoch: _epoch,
    jobId: _jobId,
    point: _point,
    restoreLeases: _restoreLeases,
    metadata: _metadata,
    cause,
    ...shown
  } = record;
  return {
    ...shown,
    timeZone: viewer.zoneOf(record.store),
    restoreTargets: [...viewer.targetsOf(record.engine, record.method)],
    copies: record.copies.map(viewOfCopy),
    checks: record.checks.map(({ rule, basis, verdict, evidence }) => ({ rule, basis, verdict, evidence })),
    units: record.units.map(viewOfUnit),
    validationResults: [...record.validationResults],
    holds: record.holds.length,
    ...(cause !== undefined && { cause: causeOf(cause, viewer.language) }),
  };
}

const viewOfCopy = ({
  role,
  location,
  country,
  presentAt,
  verifiedAt,
  objects,
  damagedAt,
}: CopyState): BackupView['copies'][number] => ({
  role,
  location,
  country,
  presentAt,
  verifiedAt,
  objects,
  damagedAt,
});

const viewOfUnit = ({
  unit,
  sizeBytes,
  storedBytes,
  reusedBytes,
  entries,
  facts,
}: UnitResult): BackupView['units'][number] => ({
  unit,
  sizeBytes,
  storedBytes,
  reusedBytes,
  entries,
  sourceVersion: facts.sourceVersion,
  consistentAt: facts.consistentAt,
  warnings: facts.warnings.map(printable),
});

export const planView = z
  .object({
    id: z.string(),
    store: z.string(),
    timeZone,
    engine: z.string(),
    method: z.string(),
    backupId: z.string(),
    backupTime: instant,
    location: z.string(),
    target: z
      .object({
        kind: z.enum(['directory', 'data-directory', 'database', 'in-place']),
        path: z.string().optional(),
        database: z.string().optional(),
      })
      .loose(),
    options: z.object({
      selectedTables: z.array(z.string()),
      selectedFiles: z.array(z.string()),
      overwriteExisting: z.boolean(),
      validateAfterRestore: z.boolean(),
    }),
    sizeBytes: z.number(),
    estimatedSeconds: z.number(),
    guards: z.array(z.object({ name: z.string(), verdict: z.enum(['pass', 'fail', 'unknown']), detail: z.string() })),
    needsConfirmation: z.boolean(),
    createdAt: instant,
    expiresAt: instant,
    digest: z.string(),
  })
  .meta({ id: 'RecoveryPlan' });
export type PlanView = z.infer<typeof planView>;

export const recoveryView = z
  .object({
    id: z.string(),
    type: z.enum(RECOVERY_TYPES),
    status: z.enum(RECOVERY_STATUSES),
    plan: planView,
    backupId: z.string(),
    store: z.string(),
    requestedBy: z.string(),
    requestedAt: instant,
    startedAt: instant.optional(),
    completedAt: instant.optional(),
    restoreSeconds: z.number().optional(),
    restoredBytes: z.number(),
    restoredEntries: z.number(),
    proof: z.object({ equal: z.boolean(), compared: z.number(), detail: z.string() }).optional(),
    warnings: z.array(z.string()),
    cause: causeView.optional(),
  })
  .meta({ id: 'Recovery' });
export type RecoveryView = z.infer<typeof recoveryView>;

export function viewOfRecovery(request: RecoveryRequest, viewer: Viewer): object {
  const { planId: _planId, plan, cause, warnings, ...rest } = request;
  return {
    ...rest,
    plan: viewOfPlan(plan, viewer),
    warnings: warnings.map(printable),
    ...(cause !== undefined && { cause: causeOf(cause, viewer.language) }),
  };
}

export const viewOfPlan = (plan: RecoveryPlan, viewer: Viewer): object => ({
  ...plan,
  timeZone: viewer.zoneOf(plan.store),
});

export const validationView = z
  .object({
    id: z.string(),
    backupId: z.string(),
    store: z.string(),
    kind: z.enum(['integrity', 'test-restore']),
    status: z.enum(['running', 'completed', 'failed']),
    result: validationResultView.optional(),
    cause: causeView.optional(),
    startedAt: instant,
    endedAt: instant.optional(),
  })
  .meta({ id: 'Validation' });
export type ValidationAnswer = z.infer<typeof validationView>;

export const viewOfValidation = ({ cause, ...rest }: ValidationView, language: Language): object => ({
  ...rest,
  ...(cause !== undefined && { cause: causeOf(cause, language) }),
});
