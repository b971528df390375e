// Probes the source and cuts it into units. Safe to repeat: the first plan stays, because dump attempts may have begun on it.

import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';
import { HoldfastError, invariant } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { EngineContext } from '../ports/engine.ts';
import type { TaskContext } from '../ports/flow-runner.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { dumpPlanKey } from '../records/keys.ts';
import type { DumpPlan } from './dump-plan.ts';
import { sourceOf } from './source-of.ts';

export const planBackupInput = z.strictObject({ backupId: z.string() });

/** @throws SourceUnreachable, SourceAuthenticationFailed, SourcePrivilegeMissing, SourceVersionUnsupported */
export async function planBackup(platform: Platform, { backupId }: z.infer<typeof planBackupInput>, task: TaskContext) {
  const record = await loadBackup(platform.catalog, backupId);
  const key = dumpPlanKey(record.store, backupId);
  const earlier = await load<DumpPlan>(platform.catalog, key);
  const plan = earlier?.value ?? (await makePlan(platform, record.store, backupId, task.signal));
  const kept = await decideAndWrite(platform.catalog, async () => {
    const current = await load<DumpPlan>(platform.catalog, key);
    return current === undefined
      ? { result: plan, writes: [putOver(key, plan, undefined)] }
      : { result: current.value, writes: [] };
  });
  return { units: kept.units.map((_, index) => index) };
}

async function makePlan(platform: Platform, store: string, backupId: string, signal: AbortSignal): Promise<DumpPlan> {
  const { engine, source } = sourceOf(platform, store);
  const scratchDir = path.join(platform.staging.directory, `${backupId}.plan`);
  await mkdir(scratchDir, { recursive: true, mode: 0o700 });
  try {
    const context: EngineContext = {
      clock: platform.clock,
      secrets: platform.secrets,
      log: platform.log,
      signal,
      scratchDir,
    };
    const probe = await engine.probe(source, context);
    if (probe.problems.length > 0) {
      throw new HoldfastError(
        'SourcePrivilegeMissing',
        `'${store}' is not ready for a backup: ${probe.problems.join('; ')}`,
        { store },
      );
    }
    const units = await engine.plan(source, context);
    invariant(
      units.length > 0 && units.length <= LIMITS.unitsMax,
      `engine '${engine.name}' planned ${units.length} units`,
    );
    return { units, sourceVersion: probe.version, identity: probe.identity };
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}
