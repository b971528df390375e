// Runs inside a worker: restores a recovery point to the target of its plan and lets the engine compare. A second attempt after a
// lost worker moves the unfinished work aside and starts anew.

import * as z from 'zod/mini';
import type { RecoveryPlan } from '../domain/recovery-request.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobContext } from '../jobs/job.ts';
import type { RestoreResult, RestoreTarget } from '../ports/engine.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { openUnit } from '../repository/unit-reader.ts';
import { claimTarget, releaseTarget } from './claim-target.ts';
import { loadRecovery } from './recoveries.ts';

const payloadOf = z.strictObject({ recoveryId: z.string() });

export interface RestoreOutcome extends RestoreResult {
  readonly restoreSeconds: number;
}

export async function restorePoint(platform: Platform, payload: JsonObject, job: JobContext): Promise<RestoreOutcome> {
  const { recoveryId } = payloadOf.parse(payload);
  const { plan } = await loadRecovery(platform.catalog, recoveryId);
  const directory = 'path' in plan.target ? plan.target.path : undefined;
  if (directory !== undefined) await claimTarget(directory, recoveryId);
  const record = await loadBackup(platform.catalog, plan.backupId);
  const policy = platform.policies.store(plan.store);
  const engine = platform.engine(record.engine);
  const settings = engine.parseSettings(record.method, policy.source);
  const repository = repositoryOf(platform, record.store, plan.location);
  const startedAt = platform.clock.monotonic();
  const units = await Promise.all(record.units.map((unit) => openUnit(repository, unit)));
  const result = await engine.restore(
    { store: record.store, method: record.method, settings },
    units,
    {
      target: targetOf(plan, settings),
      selectedTables: plan.options.selectedTables,
      selectedPaths: plan.options.selectedFiles,
      mayOverwrite: plan.needsConfirmation,
      progress: (done) => job.progress(done),
    },
    {
      clock: platform.clock,
      secrets: platform.secrets,
      log: platform.log,
      signal: job.signal,
      scratchDir: job.scratchDir,
    },
  );
  if (directory !== undefined) await releaseTarget(directory);
  return { ...result, restoreSeconds: (platform.clock.monotonic() - startedAt) / 1000 };
}

function targetOf(plan: RecoveryPlan, settings: JsonObject): RestoreTarget {
  switch (plan.target.kind) {
    case 'in-place':
      return { kind: 'in-place', settings };
    case 'database':
      return {
        kind: 'database',
        settings: { ...plan.target.settings },
        ...(plan.target.database !== undefined && { database: plan.target.database }),
      };
    case 'directory':
    case 'data-directory':
      return plan.target;
    default:
      throw new HoldfastError('CapabilityUnsupported', 'unknown restore target', {});
  }
}
