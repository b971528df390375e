// Runs inside a worker: reads back what a backup needs at one location. Every new byte always; bytes of older packs when their
// last verification is older than the policy allows; everything else must at least be present with its right size (DESIGN 1.1).

import * as z from 'zod/mini';
import { backupOfAttempt } from '../domain/attempt.ts';
import type { BackupRecord, CopyState } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobContext } from '../jobs/job.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { notingDamage } from '../records/damage.ts';
import { noteVerified, verifiedDates } from '../records/verified-ledger.ts';
import { takeInventory } from '../repository/inventory.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { verifyUnit } from '../repository/verify-unit.ts';

const payloadOf = z.strictObject({ backupId: z.string(), location: z.string() });
const DAY_MILLISECONDS = 24 * 3600 * 1000;

/** @throws IntegrityViolation, CopyMissing */
export async function verifyCopy(platform: Platform, payload: JsonObject, job: JobContext): Promise<CopyState> {
  const { backupId, location } = payloadOf.parse(payload);
  const record = await loadBackup(platform.catalog, backupId);
  return await proveCopy(platform, record, location, job);
}

/** Verifies, lists and describes the copy of `record` at `location`. */
export async function proveCopy(
  platform: Platform,
  record: BackupRecord,
  location: string,
  job: JobContext,
): Promise<CopyState> {
  const repository = repositoryOf(platform, record.store, location);
  const startedAt = isoNow(platform.clock);
  const dates = await verifiedDates(platform.catalog, record.store, location);
  const fresh = freshAttempts(platform, record, dates);
  let verifiedBytes = 0;
  for (const unit of record.units) {
    const proof = await notingDamage(platform, { store: record.store, location, unit }, () =>
      verifyUnit(repository, unit, {
        skipAttempts: fresh,
        signal: job.signal,
        onProgress: (doneBytes) => job.progress({ phase: `verify ${location}`, doneBytes: verifiedBytes + doneBytes }),
      }),
    );
    verifiedBytes += proof.verifiedBytes;
    await noteVerified(platform.catalog, record.store, location, proof.verifiedAttempts, startedAt);
  }
  if (record.point === undefined)
    throw new HoldfastError('Internal', `backup '${record.id}' has no recovery point`, { backupId: record.id });
  const inventory = await takeInventory(repository, {
    backupId: record.id,
    epoch: record.epoch,
    point: record.point,
    units: record.units,
  });
  const place = await repository.location.place();
  const key = await repository.keys.describe();
  const reusedDates = [...fresh].map((attempt) => dates[attempt] ?? startedAt);
  return {
    role: platform.policies.store(record.store).copies.find((copy) => copy.location === location)?.role ?? 'secondary',
    location,
    country: place.country ?? 'unknown',
    presentAt: isoNow(platform.clock),
    verifiedAt: [startedAt, ...reusedDates].toSorted()[0] ?? startedAt,
    verifiedBytes,
    objects: inventory.objects,
    inventory: inventory.pin,
    keyId: key.keyId,
    keyCountry: key.country ?? 'unknown',
  };
}

/** Attempts of older backups whose packs were read recently enough at this location. */
function freshAttempts(
  platform: Platform,
  record: BackupRecord,
  dates: Readonly<Record<string, string>>,
): ReadonlySet<string> {
  const oldestAllowed =
    platform.clock.now() - platform.policies.store(record.store).verifyWithinDays * DAY_MILLISECONDS;
  const needed = record.units.flatMap((unit) => unit.needsAttempts);
  return new Set(
    needed.filter((attempt) => {
      const at = dates[attempt];
      return at !== undefined && Date.parse(at) >= oldestAllowed && backupOfAttempt(attempt) !== record.id;
    }),
  );
}

export const withCopy = (copies: readonly CopyState[], copy: CopyState): readonly CopyState[] => [
  ...copies.filter((other) => other.location !== copy.location),
  copy,
];
