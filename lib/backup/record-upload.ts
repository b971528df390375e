// Gathers the units' results, seals the recovery point that pins them all, and marks the record as uploaded.
// Safe to repeat: the point's key carries backup and epoch, and equal bytes under an existing key count as written.

import * as z from 'zod/mini';
import type { BackupRecord, UnitResult } from '../domain/backup-record.ts';
import { resultOf } from '../jobs/results.ts';
import type { Platform } from '../ports/platform.ts';
import { changeBackup, loadBackup } from '../records/backups.ts';
import { requireFence } from '../records/fence.ts';
import { sealPoint } from '../repository/point.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { dumpJob, loadDumpPlan } from './dump-plan.ts';
import { primaryOf } from './dump-unit.ts';

export const recordUploadInput = z.strictObject({ backupId: z.string() });

export async function recordUpload(platform: Platform, { backupId }: z.infer<typeof recordUploadInput>) {
  const record = await loadBackup(platform.catalog, backupId);
  if (record.status !== 'running') return { status: record.status };
  const plan = await loadDumpPlan(platform.catalog, record.store, backupId);
  const units = await Promise.all(
    plan.units.map((_, index) => resultOf<UnitResult>(platform.catalog, backupId, dumpJob(index))),
  );
  const point = await sealPoint(repositoryOf(platform, record.store, primaryOf(platform, record.store)), {
    backupId,
    epoch: record.epoch,
    store: record.store,
    service: record.service,
    engine: record.engine,
    method: record.method,
    type: typeOf(record, units),
    startTime: record.startTime ?? record.queuedAt,
    units,
  });
  const uploaded = await changeBackup(platform, backupId, {
    to: 'uploaded',
    patch: () => ({
      ...sizesOf(units),
      units,
      point,
      checksum: point.sha256,
      type: typeOf(record, units),
      metadata: metadataOf(record, units),
    }),
    action: 'backup_status_changed',
    actor: 'machine:backup',
    details: { checksum: point.sha256, units: units.length },
    before: async () => [await requireFence(platform.catalog, record)],
  });
  return { status: uploaded.status };
}

function sizesOf(units: readonly UnitResult[]) {
  const size = units.reduce((sum, unit) => sum + unit.sizeBytes, 0);
  const compressedSize = units.reduce((sum, unit) => sum + unit.storedBytes, 0);
  return {
    size,
    compressedSize,
    compressionRatio: compressedSize === 0 ? 0 : Math.round((size / compressedSize) * 100) / 100,
  };
}

/** Incremental is what an engine decided against the previous point; deduplication alone never makes an increment. */
function typeOf(record: BackupRecord, units: readonly UnitResult[]): BackupRecord['type'] {
  return units.some((unit) => unit.facts.details['incremental'] === true)
    ? 'incremental'
    : record.type === 'incremental'
      ? 'full'
      : record.type;
}

const metadataOf = (record: BackupRecord, units: readonly UnitResult[]): BackupRecord['metadata'] => ({
  ...record.metadata,
  sourceVersion: units[0]?.facts.sourceVersion ?? 'unknown',
});
