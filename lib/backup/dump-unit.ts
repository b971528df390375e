// Runs inside a worker: dumps one unit of a backup into the primary location. Every object it writes carries its attempt, so a
// repeated or late worker can only leave orphans; what counts is decided later, by the record.

import * as z from 'zod/mini';
import { attemptName } from '../domain/attempt.ts';
import type { BackupRecord, UnitResult } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobContext } from '../jobs/job.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup, restorableBackups } from '../records/backups.ts';
import { requireFence } from '../records/fence.ts';
import { damagedAttempts } from '../records/verified-ledger.ts';
import { createUnitWriter } from '../repository/unit-writer.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { loadDumpPlan, unitOf } from './dump-plan.ts';
import { sourceOf } from './source-of.ts';

const payloadOf = z.strictObject({ backupId: z.string(), unit: z.number() });

/** @throws FenceLost, SourceChanged and every error of Engine.dump */
export async function dumpUnit(platform: Platform, payload: JsonObject, job: JobContext): Promise<UnitResult> {
  const { backupId, unit: index } = payloadOf.parse(payload);
  const record = await loadBackup(platform.catalog, backupId);
  await requireFence(platform.catalog, record);
  const { engine, source } = sourceOf(platform, record.store);
  const plan = await loadDumpPlan(platform.catalog, record.store, backupId);
  const unit = unitOf(plan, index);
  const context = {
    clock: platform.clock,
    secrets: platform.secrets,
    log: platform.log,
    signal: job.signal,
    scratchDir: job.scratchDir,
  };
  const probe = await engine.probe(source, context);
  if (probe.identity !== plan.identity) {
    throw new HoldfastError(
      'SourceChanged',
      `'${record.store}' was planned on '${plan.identity}' and answers as '${probe.identity}'`,
      { store: record.store },
    );
  }
  const writer = await openWriter(platform, record, unit.name, index, job);
  try {
    const facts = await engine.dump(source, unit, writer, context);
    // A worker that lost its fence must not even look finished.
    await requireFence(platform.catalog, record);
    return await writer.seal(facts);
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

async function openWriter(platform: Platform, record: BackupRecord, unit: string, index: number, job: JobContext) {
  const policy = platform.policies.store(record.store);
  const engine = platform.engine(policy.engine);
  const method = engine.methods.find((candidate) => candidate.method === policy.method);
  const history = await dedupHistory(platform, record.store, unit);
  return await createUnitWriter({
    context: repositoryOf(platform, record.store, primaryOf(platform, record.store)),
    attempt: attemptName(record.id, index, job.attempt),
    unit,
    compression: policy.compression,
    chunking: method?.usesPreviousPoint === true ? 'files' : 'dump',
    indexes: history.indexes,
    onProgress: (progress) => job.progress(progress),
    ...(platform.policies.limits.repository !== undefined && { limits: platform.policies.limits.repository }),
    ...(history.previous !== undefined && { previous: history.previous }),
  });
}

/**
 * Only completed backups count: packs of a failed or quarantined one may be missing from a copy, or be collected. Attempts found
 * damaged at any location are left out: the next backup stores their content anew instead of failing on them for ever.
 */
async function dedupHistory(platform: Platform, store: string, unit: string) {
  const locations = platform.policies.store(store).copies.map((copy) => copy.location);
  const damaged = new Set(
    (await Promise.all(locations.map((location) => damagedAttempts(platform.catalog, store, location)))).flat(),
  );
  const indexes: { attempt: string; pin: UnitResult['index'] }[] = [];
  let previous: UnitResult | undefined;
  for await (const record of restorableBackups(platform.catalog, store)) {
    for (const result of record.units) {
      if (damaged.has(result.attempt)) continue;
      indexes.push({ attempt: result.attempt, pin: result.index });
      const isWhole = !result.needsAttempts.some((attempt) => damaged.has(attempt));
      if (result.unit === unit && isWhole) previous ??= result;
    }
  }
  return { indexes, previous };
}

export function primaryOf(platform: Platform, store: string): string {
  const primary = platform.policies.store(store).copies.find((copy) => copy.role === 'primary');
  if (primary === undefined)
    throw new HoldfastError('InvalidConfiguration', `store '${store}' has no primary location`, { store });
  return primary.location;
}
