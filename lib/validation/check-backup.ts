// Runs inside a worker: reads every stored byte of every copy, or restores into a scratch place and compares. Wrong bytes are a
// verdict, not an error: an error says that the check itself could not be made.

import * as z from 'zod/mini';
import { restorableCopies } from '../domain/backup-record.ts';
import type { BackupRecord, CopyState, ValidationResult } from '../domain/backup-record.ts';
import { isDamage } from '../domain/damage.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobContext } from '../jobs/job.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { notingDamage } from '../records/damage.ts';
import { noteVerified } from '../records/verified-ledger.ts';
import { readPoint } from '../repository/point.ts';
import { checkPinned } from '../repository/stored-objects.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { openUnit } from '../repository/unit-reader.ts';
import { verifyUnit } from '../repository/verify-unit.ts';
import { loadValidation } from './validations.ts';

const payloadOf = z.strictObject({ validationId: z.string() });
const NOTHING_SKIPPED: ReadonlySet<string> = new Set();

type Verdict = Pick<ValidationResult, 'verdict' | 'location' | 'checkedBytes' | 'detail' | 'damagedLocations'> & {
  readonly restoreSeconds?: number;
};

export async function checkBackup(platform: Platform, payload: JsonObject, job: JobContext): Promise<ValidationResult> {
  const { validationId } = payloadOf.parse(payload);
  const validation = await loadValidation(platform.catalog, validationId);
  const record = await loadBackup(platform.catalog, validation.backupId);
  const verdict =
    validation.kind === 'integrity'
      ? await checkIntegrity(platform, record, job)
      : await testRestore(platform, record, job);
  return { id: validationId, kind: validation.kind, at: isoNow(platform.clock), ...verdict };
}

/** Every copy is read to its end: the good ones must be known when one is bad. */
async function checkIntegrity(platform: Platform, record: BackupRecord, job: JobContext): Promise<Verdict> {
  const damaged: { readonly location: string; readonly why: string }[] = [];
  let checkedBytes = 0;
  for (const copy of record.copies) {
    try {
      checkedBytes += await readCopy(platform, record, copy, job, checkedBytes);
    } catch (error) {
      if (!isDamage(error)) throw error;
      damaged.push({ location: copy.location, why: error.message });
    }
  }
  const location = (damaged.length > 0 ? damaged : record.copies).map((copy) => copy.location).join(', ');
  if (damaged.length === 0) {
    const detail = `every stored byte of ${record.copies.length} copies was read`;
    return { verdict: 'passed', location, checkedBytes, detail, damagedLocations: [] };
  }
  const detail = damaged.map((copy) => `${copy.location}: ${copy.why}`).join('; ');
  return { verdict: 'failed', location, checkedBytes, detail, damagedLocations: damaged.map((copy) => copy.location) };
}

/** Returns how many bytes were read. @throws IntegrityViolation, CopyMissing */
async function readCopy(
  platform: Platform,
  record: BackupRecord,
  { location, inventory }: CopyState,
  job: JobContext,
  doneBefore: number,
): Promise<number> {
  const repository = repositoryOf(platform, record.store, location);
  const startedAt = isoNow(platform.clock);
  if (record.point !== undefined) await readPoint(repository, record.point);
  if (inventory !== undefined) await checkPinned(repository, inventory);
  let checkedBytes = 0;
  for (const unit of record.units) {
    const proof = await notingDamage(platform, { store: record.store, location, unit }, () =>
      verifyUnit(repository, unit, {
        skipAttempts: NOTHING_SKIPPED,
        signal: job.signal,
        onProgress: (doneBytes) =>
          job.progress({ phase: `read ${location}`, doneBytes: doneBefore + checkedBytes + doneBytes }),
      }),
    );
    checkedBytes += proof.verifiedBytes;
    await noteVerified(platform.catalog, record.store, location, proof.verifiedAttempts, startedAt);
  }
  return checkedBytes;
}

async function testRestore(platform: Platform, record: BackupRecord, job: JobContext): Promise<Verdict> {
  const location = (restorableCopies(record)[0] ?? record.copies[0])?.location;
  if (location === undefined)
    throw new HoldfastError('CopyMissing', `backup '${record.id}' has no copy`, { backupId: record.id });
  const policy = platform.policies.store(record.store);
  const engine = platform.engine(record.engine);
  const repository = repositoryOf(platform, record.store, location);
  try {
    const units = await Promise.all(record.units.map((unit) => openUnit(repository, unit)));
    const source = {
      store: record.store,
      method: record.method,
      settings: engine.parseSettings(record.method, policy.source),
    };
    const context = {
      clock: platform.clock,
      secrets: platform.secrets,
      log: platform.log,
      signal: job.signal,
      scratchDir: job.scratchDir,
    };
    const result = await engine.testRestore(source, units, policy.scratch as JsonObject | undefined, context);
    return {
      verdict: result.verdict,
      location,
      checkedBytes: result.restoredBytes,
      restoreSeconds: result.restoreSeconds,
      detail: result.detail,
    };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { verdict: 'failed', location, checkedBytes: 0, detail: error.message, damagedLocations: [location] };
  }
}
