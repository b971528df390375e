// Runs inside a worker: reads every stored byte of every copy, or restores into a scratch place and compares. Wrong bytes are a
// verdict, not an error: an error says that the check itself could not be made.

import * as z from 'zod/mini';
import type { BackupRecord, ValidationResult } from '../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobContext } from '../jobs/job.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { noteVerified } from '../records/verified-ledger.ts';
import { readPoint } from '../repository/point.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { openUnit } from '../repository/unit-reader.ts';
import { verifyUnit } from '../repository/verify-unit.ts';
import { loadValidation } from './validations.ts';

const payloadOf = z.strictObject({ validationId: z.string() });
const NOTHING_SKIPPED: ReadonlySet<string> = new Set();

type Verdict = Pick<ValidationResult, 'verdict' | 'location' | 'checkedBytes' | 'detail'> & {
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

async function checkIntegrity(platform: Platform, record: BackupRecord, job: JobContext): Promise<Verdict> {
  let checkedBytes = 0;
  for (const { location } of record.copies) {
    const repository = repositoryOf(platform, record.store, location);
    const startedAt = isoNow(platform.clock);
    try {
      if (record.point !== undefined) await readPoint(repository, record.point);
      for (const unit of record.units) {
        const proof = await verifyUnit(repository, unit, {
          skipAttempts: NOTHING_SKIPPED,
          signal: job.signal,
          onProgress: (doneBytes) => job.progress({ phase: `read ${location}`, doneBytes: checkedBytes + doneBytes }),
        });
        checkedBytes += proof.verifiedBytes;
        await noteVerified(platform.catalog, record.store, location, proof.verifiedAttempts, startedAt);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      return { verdict: 'failed', location, checkedBytes, detail: error.message };
    }
  }
  const locations = record.copies.map((copy) => copy.location).join(', ');
  return {
    verdict: 'passed',
    location: locations,
    checkedBytes,
    detail: `every stored byte of ${record.copies.length} copies was read`,
  };
}

async function testRestore(platform: Platform, record: BackupRecord, job: JobContext): Promise<Verdict> {
  const location = record.copies[0]?.location;
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
    return { verdict: 'failed', location, checkedBytes: 0, detail: error.message };
  }
}

const isDamage = (error: unknown): error is Error =>
  hasErrorName(
    error,
    'IntegrityViolation',
    'ObjectCorrupted',
    'ObjectNotFound',
    'CopyMissing',
    'RestoreMismatch',
    'KeyUnwrapFailed',
  );
