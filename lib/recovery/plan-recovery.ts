// Makes a restore plan: what would be restored, from which copy, to where, how long it takes, and what stands in the way.
// Changes nothing but the stored plan. The run refuses a plan that is older than ten minutes or whose facts have changed.

import { createHash } from 'node:crypto';
import type { BackupRecord, CopyState } from '../domain/backup-record.ts';
import { restorableCopies } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { canonicalJson } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { RecoveryOptions, RecoveryPlan, RecoveryTarget } from '../domain/recovery-request.ts';
import type { MethodCapabilities } from '../ports/engine.ts';
import type { Platform } from '../ports/platform.ts';
import { auditWrites } from '../records/audit.ts';
import { loadBackup, newestWithGoodCopy } from '../records/backups.ts';
import { decideAndWrite, toItemValue } from '../records/items.ts';
import { planKey } from '../records/keys.ts';
import { measuredRate } from './measured-rate.ts';

export interface PlanRequest {
  readonly store: string;
  /** The newest restorable one when absent. */
  readonly backupId?: string;
  readonly target: RecoveryTarget;
  readonly options: Partial<RecoveryOptions>;
  /** Which copy to read; the first complete one in the policy's order when absent. */
  readonly location?: string;
  readonly requestedBy: string;
}

/** @throws NotFound, BackupNotRestorable, CapabilityUnsupported */
export async function planRecovery(platform: Platform, request: PlanRequest): Promise<RecoveryPlan> {
  const record = await chooseBackup(platform, request);
  const copy = chooseCopy(record, request.location);
  const options = withDefaults(request.options);
  const method = methodOf(platform, record);
  assertCanRestore(record, method, request.target, options);
  const plan = await describe(platform, { record, copy, options, target: request.target });
  await decideAndWrite(platform.catalog, async () => ({
    result: undefined,
    writes: [
      { kind: 'put', key: planKey(plan.id), value: toItemValue(plan), condition: { kind: 'absent' } },
      ...(await auditWrites(platform.catalog, platform.clock, record.store, {
        action: 'recovery_planned',
        actor: request.requestedBy,
        subject: plan.id,
        details: { backupId: record.id, target: request.target.kind },
      })),
    ],
  }));
  return plan;
}

async function chooseBackup(platform: Platform, request: PlanRequest): Promise<BackupRecord> {
  platform.policies.store(request.store);
  const record =
    request.backupId === undefined
      ? await newestWithGoodCopy(platform.catalog, request.store)
      : await loadBackup(platform.catalog, request.backupId);
  if (record === undefined) {
    throw new HoldfastError('BackupNotRestorable', `'${request.store}' has no backup to restore from`, {
      store: request.store,
    });
  }
  if (record.store !== request.store) {
    throw new HoldfastError(
      'InvalidRequest',
      `backup '${record.id}' belongs to '${record.store}', not to '${request.store}'`,
      { backupId: record.id },
    );
  }
  if (restorableCopies(record).length === 0) {
    throw new HoldfastError('BackupNotRestorable', `backup '${record.id}' is ${record.status}`, {
      backupId: record.id,
      status: record.status,
    });
  }
  return record;
}

function chooseCopy(record: BackupRecord, location: string | undefined): CopyState {
  const copies = restorableCopies(record).filter((copy) => location === undefined || copy.location === location);
  const copy = copies.find((candidate) => candidate.role === 'primary') ?? copies[0];
  if (copy === undefined)
    throw new HoldfastError(
      'CopyMissing',
      `backup '${record.id}' has no copy${location === undefined ? '' : ` at '${location}'`}`,
      { backupId: record.id },
    );
  return copy;
}

function methodOf(platform: Platform, record: BackupRecord): MethodCapabilities {
  const method = platform.engine(record.engine).methods.find((candidate) => candidate.method === record.method);
  if (method === undefined)
    throw new HoldfastError('CapabilityUnsupported', `engine '${record.engine}' has no method '${record.method}'`, {
      backupId: record.id,
    });
  return method;
}

function assertCanRestore(
  record: BackupRecord,
  method: MethodCapabilities,
  target: RecoveryTarget,
  options: RecoveryOptions,
): void {
  const name = `${record.engine}/${record.method}`;
  if (!method.restoreTargets.includes(target.kind)) {
    throw new HoldfastError(
      'CapabilityUnsupported',
      `'${name}' restores to ${method.restoreTargets.join(', ')}, not to '${target.kind}'`,
      { target: target.kind },
    );
  }
  if (options.selectedTables.length > 0 && method.partialRestore !== 'tables') {
    throw new HoldfastError('CapabilityUnsupported', `'${name}' cannot restore single tables`, {
      method: record.method,
    });
  }
  if (options.selectedFiles.length > 0 && method.partialRestore !== 'paths') {
    throw new HoldfastError('CapabilityUnsupported', `'${name}' cannot restore single paths`, {
      method: record.method,
    });
  }
}

const withDefaults = (options: Partial<RecoveryOptions>): RecoveryOptions => ({
  selectedTables: options.selectedTables ?? [],
  selectedFiles: options.selectedFiles ?? [],
  overwriteExisting: options.overwriteExisting ?? false,
  validateAfterRestore: options.validateAfterRestore ?? true,
});

interface PlanParts {
  readonly record: BackupRecord;
  readonly copy: CopyState;
  readonly options: RecoveryOptions;
  readonly target: RecoveryTarget;
}

async function describe(platform: Platform, { record, copy, options, target }: PlanParts): Promise<RecoveryPlan> {
  const now = platform.clock.now();
  const rate = await measuredRate(platform.catalog, record.store);
  const body: Omit<RecoveryPlan, 'digest'> = {
    id: platform.ids.next('plan'),
    store: record.store,
    engine: record.engine,
    method: record.method,
    backupId: record.id,
    backupTime: record.startTime ?? record.queuedAt,
    location: copy.location,
    target,
    options,
    sizeBytes: record.size,
    estimatedSeconds: Math.max(1, Math.ceil(record.size / rate)),
    guards: await guardsOf(platform, record, copy),
    needsConfirmation: target.kind === 'in-place' || options.overwriteExisting,
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + LIMITS.planTermMinutes * 60_000).toISOString(),
  };
  return { ...body, digest: digestOf(body) };
}

async function guardsOf(platform: Platform, record: BackupRecord, copy: CopyState): Promise<RecoveryPlan['guards']> {
  const key = await platform
    .keysOf(copy.location)
    .describe()
    .catch(() => undefined);
  return [
    {
      name: 'copy',
      verdict: 'pass',
      detail: `${copy.location} (${copy.country}), verified ${copy.verifiedAt ?? 'never'}`,
    },
    {
      name: 'key',
      verdict: key === undefined ? 'unknown' : key.isEnabled ? 'pass' : 'fail',
      detail: key === undefined ? 'the key provider does not answer' : `${key.keyId} version ${key.keyVersion}`,
    },
    {
      name: 'compliance',
      verdict: record.checks.every((check) => check.verdict === 'pass') ? 'pass' : 'fail',
      detail: `${record.checks.length} checks`,
    },
  ];
}

export const digestOf = ({ digest: _, ...body }: Omit<RecoveryPlan, 'digest'> & { digest?: string }): string =>
  createHash('sha256').update(canonicalJson(body)).digest('hex');
