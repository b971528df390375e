// The gate: gathers what is observed about copies, keys and staging, applies every rule in force, writes the verdicts.
// Safe to repeat: facts are gathered anew each time, so what is written is what was true now.

import * as z from 'zod/mini';
import type { BackupRecord } from '../domain/backup-record.ts';
import { evaluateRules } from '../domain/compliance/evaluate.ts';
import type { ComplianceFacts } from '../domain/compliance.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup, loadBackup, patchBackup } from '../records/backups.ts';
import { encryptionOf, recipientsOf } from '../repository/inspect.ts';
import { repositoryOf } from '../repository/repository-of.ts';

export const checkComplianceInput = z.strictObject({ backupId: z.string() });

export async function checkCompliance(platform: Platform, { backupId }: z.infer<typeof checkComplianceInput>) {
  const record = await loadBackup(platform.catalog, backupId);
  const facts = await gatherFacts(platform, record);
  const checks = evaluateRules(platform.policies.store(record.store).rules, facts, platform.clock.now());
  await changeBackup(platform, backupId, {
    to: 'checking',
    patch: { checks },
    action: 'backup_status_changed',
    actor: 'machine:backup',
  });
  await patchBackup(platform, backupId, () => ({ checks }));
  return { isCompliant: checks.length > 0 && checks.every((check) => check.verdict === 'pass') };
}

/** Facts come from stores and keys themselves; a fact that cannot be read is undefined, which no rule takes for a pass. */
async function gatherFacts(platform: Platform, record: BackupRecord): Promise<ComplianceFacts> {
  const policy = platform.policies.store(record.store);
  const demanded = policy.copies.map((copy) => copy.location);
  const observed = await Promise.all(demanded.map((location) => observeCopy(platform, record, location)));
  return {
    dataType: record.dataType,
    observedAt: isoNow(platform.clock),
    startTime: record.startTime ?? record.queuedAt,
    retentionUntil: record.retentionUntil,
    places: [
      ...observed.map(({ location, country }) => ({ role: 'copy', location, country })),
      { role: 'staging', location: 'worker staging', country: platform.staging.country },
    ],
    keys: observed.map(({ key }) => key),
    copies: observed.map(({ copy }) => copy),
    demandedLocations: demanded,
  };
}

async function observeCopy(platform: Platform, record: BackupRecord, location: string) {
  const repository = repositoryOf(platform, record.store, location);
  const state = record.copies.find((copy) => copy.location === location);
  const place = await repository.location.place().catch(() => undefined);
  const key = await repository.keys.describe().catch(() => undefined);
  const firstUnit = record.units[0];
  const encryption = firstUnit && (await encryptionOf(repository, firstUnit).catch(() => undefined));
  const recipients = firstUnit && (await recipientsOf(repository, firstUnit.attempt).catch(() => undefined));
  return {
    location,
    country: place?.country,
    key: {
      location,
      keyId: key?.keyId ?? 'unknown',
      country: key?.country,
      hasRecoveryRecipient: recipients?.some((recipient) => recipient.provider === 'recovery') ?? false,
    },
    copy: {
      location,
      isPresent: state?.presentAt !== undefined,
      encryption,
      verifiedAt: state?.verifiedAt,
      failureDomain: place?.failureDomain,
    },
  };
}
