// Turns a plan into a running recovery. The typed store name is demanded here, on the server: a client that forgets to ask
// cannot overwrite anything (trap 56).

import { HoldfastError, toStoredError } from '../domain/errors.ts';
import { isRecoverySettled } from '../domain/recovery-request.ts';
import type { RecoveryPlan, RecoveryRequest, RecoveryType } from '../domain/recovery-request.ts';
import { stopJob } from '../jobs/stop-job.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { auditWrites } from '../records/audit.ts';
import { loadBackup } from '../records/backups.ts';
import { restorableCopies } from '../domain/backup-record.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { idempotencyKey, planKey, recoveryKey } from '../records/keys.ts';
import { digestOf } from './plan-recovery.ts';
import { changeRecovery, loadRecovery } from './recoveries.ts';
import { releaseRestoreLease } from './restore-lease.ts';
import { RESTORE_JOB } from './start-restore.ts';

export interface RecoveryRun {
  readonly planId: string;
  /** The store's exact name, for plans that need it. */
  readonly confirm?: string;
  readonly requestedBy: string;
  readonly idempotencyKey?: string;
}

/** @throws NotFound, PlanExpired, ConfirmationRequired, BackupNotRestorable, IdempotencyConflict */
export async function requestRecovery(platform: Platform, run: RecoveryRun): Promise<RecoveryRequest> {
  const request = await createRequest(platform, run);
  // Starting is idempotent by name; a crash before this line is mended when the client repeats its request.
  await platform.flows.start({ machine: 'recovery', name: request.id, input: { recoveryId: request.id } });
  return request;
}

async function createRequest(platform: Platform, run: RecoveryRun): Promise<RecoveryRequest> {
  const recoveryId = platform.ids.next('rec');
  const remembered = idempotencyKey('recovery', run.idempotencyKey ?? recoveryId);
  return await decideAndWrite(platform.catalog, async () => {
    const earlier = await load<{ planId: string; recoveryId: string }>(platform.catalog, remembered);
    if (earlier !== undefined) {
      if (earlier.value.planId !== run.planId)
        throw new HoldfastError('IdempotencyConflict', 'this Idempotency-Key ran another plan before', {
          planId: run.planId,
        });
      return { result: await loadRecovery(platform.catalog, earlier.value.recoveryId), writes: [] };
    }
    const plan = await loadPlan(platform, run.planId);
    await assertMayRun(platform, plan, run.confirm);
    const request = queuedRequest(platform, recoveryId, plan, run.requestedBy);
    const writes = [
      putOver(remembered, { planId: run.planId, recoveryId }, undefined),
      putOver(recoveryKey(recoveryId), request, undefined),
      ...(await auditWrites(platform.catalog, platform.clock, plan.store, {
        action: 'recovery_started',
        actor: run.requestedBy,
        subject: recoveryId,
        details: { planId: plan.id, backupId: plan.backupId, target: plan.target.kind },
      })),
    ];
    return { result: request, writes };
  });
}

export async function loadPlan(platform: Platform, planId: string): Promise<RecoveryPlan> {
  const plan = await load<RecoveryPlan>(platform.catalog, planKey(planId));
  if (plan === undefined) throw new HoldfastError('NotFound', `no restore plan '${planId}'`, { planId });
  return plan.value;
}

async function assertMayRun(platform: Platform, plan: RecoveryPlan, confirm: string | undefined): Promise<void> {
  if (Date.parse(plan.expiresAt) < platform.clock.now() || digestOf(plan) !== plan.digest) {
    throw new HoldfastError('PlanExpired', `restore plan '${plan.id}' expired at ${plan.expiresAt}`, {
      planId: plan.id,
    });
  }
  if (plan.needsConfirmation && confirm !== plan.store) {
    throw new HoldfastError(
      'ConfirmationRequired',
      `this restore writes over '${plan.store}'; confirm it with the exact store name`,
      { store: plan.store },
    );
  }
  const failed = plan.guards.find((guard) => guard.verdict === 'fail');
  if (failed !== undefined)
    throw new HoldfastError('BackupNotRestorable', `guard '${failed.name}' failed: ${failed.detail}`, {
      planId: plan.id,
    });
  const record = await loadBackup(platform.catalog, plan.backupId);
  if (restorableCopies(record).length === 0)
    throw new HoldfastError('BackupNotRestorable', `backup '${record.id}' is ${record.status} by now`, {
      backupId: record.id,
    });
}

function queuedRequest(platform: Platform, id: string, plan: RecoveryPlan, requestedBy: string): RecoveryRequest {
  return {
    id,
    type: typeOf(platform, plan),
    planId: plan.id,
    plan,
    backupId: plan.backupId,
    store: plan.store,
    status: 'queued',
    requestedBy,
    requestedAt: isoNow(platform.clock),
    restoredBytes: 0,
    restoredEntries: 0,
    warnings: [],
  };
}

function typeOf(platform: Platform, plan: RecoveryPlan): RecoveryType {
  if (plan.options.selectedTables.length > 0 || plan.options.selectedFiles.length > 0) return 'selective';
  return platform.engine(plan.engine).aliases.includes('file_system') ? 'files_only' : 'database_only';
}

/** Stops a running recovery. What it has written stays, marked as incomplete by its engine. Idempotent. */
export async function cancelRecovery(platform: Platform, recoveryId: string): Promise<RecoveryRequest> {
  const request = await loadRecovery(platform.catalog, recoveryId);
  if (isRecoverySettled(request.status)) return request;
  const execution = await platform.flows.start({ machine: 'recovery', name: recoveryId, input: { recoveryId } });
  await platform.flows.stop(execution.id, 'cancelled by request');
  // The lease goes back only when nobody reads or writes any more.
  await stopJob(platform, { owner: recoveryId, job: RESTORE_JOB }, 'cancelled by request');
  await releaseRestoreLease(platform, request.backupId, recoveryId);
  return await changeRecovery(platform, recoveryId, {
    to: 'aborted',
    patch: {
      cause: toStoredError(
        new HoldfastError('ExecutionStopped', `recovery '${recoveryId}' was cancelled`, { recoveryId }),
      ),
      completedAt: isoNow(platform.clock),
    },
    action: 'recovery_failed',
  });
}
