// Builds a backup record with sound values for everything that a test does not care about.

import type { BackupRecord } from '../../lib/domain/backup-record.ts';
import type { StoredError } from '../../lib/domain/errors.ts';

const STARTED_AT = '2026-01-02T02:00:00.000Z';
const ENDED_AT = '2026-01-02T02:10:00.000Z';

/** A cause as a failed step would leave it. */
export const aCause = (changes: Partial<StoredError> = {}): StoredError => ({
  name: 'DumpToolFailed',
  message: "unable to dump 'orders-db': the tool ended with code 1",
  facts: { backupId: 'bkp_1', attempt: 3 },
  ...changes,
});

/** Completed, with one unit and two verified copies. */
export const aBackupRecord = (changes: Partial<BackupRecord> = {}): BackupRecord => ({
  id: 'bkp_00000000000000000000000001',
  jobId: 'orders/orders-db',
  store: 'orders-db',
  service: 'orders',
  engine: 'scripted',
  method: 'tree',
  type: 'full',
  status: 'completed',
  trigger: { kind: 'schedule', requestedBy: 'schedule' },
  dataType: 'game_data',
  epoch: 1,
  queuedAt: STARTED_AT,
  startTime: STARTED_AT,
  endTime: ENDED_AT,
  duration: 600,
  size: 1000,
  compressedSize: 500,
  compressionRatio: 2,
  checksum: 'c'.repeat(64),
  units: [],
  copies: [
    { role: 'primary', location: 'primary', country: 'RU', presentAt: ENDED_AT, verifiedAt: ENDED_AT },
    { role: 'secondary', location: 'second', country: 'RU', presentAt: ENDED_AT, verifiedAt: ENDED_AT },
  ],
  checks: [],
  validationResults: [],
  retentionUntil: '2026-02-01T02:00:00.000Z',
  holds: [],
  restoreLeases: [],
  metadata: {
    sourceVersion: '1',
    backupVersion: '1',
    compressionAlgorithm: 'zstd',
    encryptionAlgorithm: 'AES-256-GCM',
    excludedPatterns: [],
  },
  ...changes,
});
