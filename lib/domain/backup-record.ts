// A backup record: one catalog item that says what a backup is, where its copies lie and what was proven about it.
// Status changes are legal only through changeStatus(); "completed" can be reached from "checking" alone.

import type { StoredError } from './errors.ts';
import { HoldfastError } from './errors.ts';
import type { DataType, Verdict } from './compliance.ts';

/** Field names follow 001 ("Backup Record Model") with the changes of DESIGN 5: copies instead of one location, an epoch, holds. */
export const BACKUP_TYPES = ['full', 'incremental', 'differential', 'snapshot'] as const;
export type BackupType = (typeof BACKUP_TYPES)[number];

export const BACKUP_STATUSES = [
  'queued',
  'running',
  'uploaded',
  'validating',
  'replicating',
  'checking',
  'completed',
  'validated',
  'quarantined',
  'failed',
  'corrupted',
  'expired',
  'deleting',
  'deleted',
  'aborted',
] as const;
export type BackupStatus = (typeof BACKUP_STATUSES)[number];

const LEGAL_CHANGES: Readonly<Record<BackupStatus, readonly BackupStatus[]>> = {
  queued: ['running', 'failed', 'aborted'],
  running: ['uploaded', 'failed', 'aborted'],
  uploaded: ['validating', 'failed', 'aborted'],
  validating: ['replicating', 'corrupted', 'failed', 'aborted'],
  replicating: ['checking', 'corrupted', 'failed', 'aborted'],
  checking: ['completed', 'quarantined', 'failed', 'aborted'],
  completed: ['validated', 'corrupted', 'expired'],
  validated: ['corrupted', 'expired'],
  // A corrupted copy may be healed from another one and proven again by a validation.
  corrupted: ['completed', 'expired'],
  quarantined: ['expired'],
  failed: [],
  aborted: [],
  expired: ['deleting'],
  deleting: ['deleted'],
  deleted: [],
};

/** Backups one may restore from. */
export const RESTORABLE_STATUSES: readonly BackupStatus[] = ['completed', 'validated'];
/** Backups that no step will ever change by itself any more, or that only validation and retention touch. */
export const SETTLED_STATUSES: readonly BackupStatus[] = [
  'completed',
  'validated',
  'quarantined',
  'failed',
  'corrupted',
  'expired',
  'deleted',
  'aborted',
];

export const isRestorable = (status: BackupStatus): boolean => RESTORABLE_STATUSES.includes(status);
export const isSettled = (status: BackupStatus): boolean => SETTLED_STATUSES.includes(status);

/** Says whether a change is legal, and throws `IllegalStatusChange` naming both when it is not. */
export function assertLegalChange(from: BackupStatus, to: BackupStatus): void {
  if (!LEGAL_CHANGES[from].includes(to)) {
    throw new HoldfastError('IllegalStatusChange', `unable to change a backup from '${from}' to '${to}'`, { from, to });
  }
}

export const legalChangesFrom = (status: BackupStatus): readonly BackupStatus[] => LEGAL_CHANGES[status];

export type TriggerKind = 'schedule' | 'http' | 'event';

/** One dump unit's stored result: where its manifest and index lie, and what the engine found out. */
export interface UnitResult {
  readonly unit: string;
  /** `<backup>.<unit ordinal>.<attempt>`: part of every object key the attempt wrote. */
  readonly attempt: string;
  readonly manifest: ObjectPin;
  readonly index: ObjectPin;
  readonly packs: number;
  /** Bytes the source delivered, bytes newly stored (compressed and sealed), bytes found already stored. */
  readonly sizeBytes: number;
  readonly storedBytes: number;
  readonly reusedBytes: number;
  readonly entries: number;
  /** Attempts of earlier backups whose packs this unit's manifest needs. */
  readonly needsAttempts: readonly string[];
  readonly facts: UnitFacts;
}

/** What an engine tells about a dumped unit; kept on the record and shown to people. */
export interface UnitFacts {
  readonly sourceVersion: string;
  /** The instant the unit's content is consistent at; undefined for a fuzzy source such as a live file tree. */
  readonly consistentAt?: string;
  readonly includedTables?: readonly string[];
  readonly includedFiles?: number;
  /** Things a person should know and that are no failure: a file changed while it was read. */
  readonly warnings: readonly string[];
  readonly fingerprints?: readonly Fingerprint[];
  /** Engine-specific small values (system identifier, timeline, LSN); strings, numbers and booleans only. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Row count and order-free content hash of one dataset, taken inside the same snapshot as the dump. */
export interface Fingerprint {
  /** `database.schema.table`, or a path. */
  readonly name: string;
  readonly count: number;
  readonly hash: string;
}

/** A stored object pinned so that nothing else can pass for it. */
export interface ObjectPin {
  readonly key: string;
  readonly sizeBytes: number;
  /** SHA-256 of the stored bytes, hex. */
  readonly sha256: string;
}

export type CopyRole = 'primary' | 'secondary' | 'archive';

/** What is known about one copy; each fact was read from the store itself, never from our own configuration. */
export interface CopyState {
  readonly role: CopyRole;
  readonly location: string;
  readonly country: string;
  /** Set when every object the backup needs was found there, with size and version. */
  readonly presentAt?: string;
  /** Oldest date at which a byte this copy needs was read and verified. */
  readonly verifiedAt?: string;
  readonly verifiedBytes?: number;
  readonly objects?: number;
  /** The list of keys and versions of this copy. */
  readonly inventory?: ObjectPin;
  readonly keyId?: string;
  readonly keyCountry?: string;
  /** Set when a later reading found this copy's bytes wrong or missing; it is not offered for restores until it reads clean again. */
  readonly damagedAt?: string;
}

export interface ValidationResult {
  readonly id: string;
  readonly kind: 'integrity' | 'test-restore';
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  readonly at: string;
  readonly location: string;
  readonly checkedBytes: number;
  readonly restoreSeconds?: number;
  readonly detail: string;
  /** Locations whose bytes were found wrong or missing. */
  readonly damagedLocations?: readonly string[];
}

export interface Hold {
  readonly id: string;
  readonly placedBy: string;
  readonly placedAt: string;
  readonly reason: string;
}

/** A restore in progress: retention must not touch what it reads. */
export interface RestoreLease {
  readonly recoveryId: string;
  readonly takenAt: string;
}

export interface BackupRecord {
  readonly id: string;
  readonly jobId: string;
  readonly store: string;
  readonly service: string;
  readonly engine: string;
  readonly method: string;
  readonly type: BackupType;
  readonly status: BackupStatus;
  readonly trigger: { readonly kind: TriggerKind; readonly slot?: string; readonly requestedBy: string };
  readonly dataType: DataType;
  /** Fence value of the store's repository under which this backup writes; 0 while queued. */
  readonly epoch: number;
  readonly queuedAt: string;
  readonly startTime?: string;
  readonly endTime?: string;
  /** Seconds from start to end. */
  readonly duration?: number;
  /** Source bytes, newly stored bytes and their ratio (source / stored); 0 until known. */
  readonly size: number;
  readonly compressedSize: number;
  readonly compressionRatio: number;
  /** SHA-256 of the sealed recovery-point object, which pins every manifest and through them every pack. */
  readonly checksum?: string;
  readonly point?: ObjectPin;
  readonly units: readonly UnitResult[];
  readonly copies: readonly CopyState[];
  readonly checks: readonly Verdict[];
  readonly validationResults: readonly ValidationResult[];
  readonly retentionUntil: string;
  readonly holds: readonly Hold[];
  readonly restoreLeases: readonly RestoreLease[];
  readonly metadata: {
    readonly sourceVersion: string;
    readonly backupVersion: string;
    readonly compressionAlgorithm: string;
    readonly encryptionAlgorithm: string;
    readonly excludedPatterns: readonly string[];
  };
  /** Why it failed, was quarantined or found corrupted. A failed record without it cannot be written. */
  readonly cause?: StoredError;
}

/** Fields a status change may carry with it; a failing status must bring its cause. */
export type RecordPatch = Partial<Omit<BackupRecord, 'id' | 'store' | 'status'>>;

/**
 * Copies one may restore from. A backup that was completed once and is "corrupted" since keeps its good copies: at 3 a.m. one whole
 * copy is a backup.
 */
export function restorableCopies(record: BackupRecord): readonly CopyState[] {
  const wasCompleted = record.checks.length > 0 && record.checks.every((check) => check.verdict === 'pass');
  if (!isRestorable(record.status) && !(record.status === 'corrupted' && wasCompleted)) return [];
  return record.copies.filter(
    (copy) => copy.presentAt !== undefined && copy.verifiedAt !== undefined && copy.damagedAt === undefined,
  );
}

const NEEDS_CAUSE: readonly BackupStatus[] = ['failed', 'quarantined', 'corrupted', 'aborted'];

/**
 * The only way a record's status changes.
 *
 * @throws IllegalStatusChange when the change is not legal; Internal when a failing status has no cause, or "completed" lacks
 * a verified copy, a passed check or its checksum.
 */
export function changeStatus(record: BackupRecord, to: BackupStatus, patch: RecordPatch = {}): BackupRecord {
  assertLegalChange(record.status, to);
  const next: BackupRecord = { ...record, ...patch, status: to };
  if (NEEDS_CAUSE.includes(to) && next.cause === undefined) {
    throw new HoldfastError('Internal', `unable to write status '${to}' without a cause`, { backupId: record.id });
  }
  if (to === 'completed') assertMayComplete(next);
  return next;
}

/** DESIGN 1.1 as a pair assertion: the gate decides, and the record refuses what the gate cannot have passed. */
function assertMayComplete(record: BackupRecord): void {
  const problem =
    record.checksum === undefined
      ? 'it has no checksum'
      : record.units.length === 0
        ? 'it has no units'
        : record.copies.length === 0
          ? 'it has no copies'
          : record.copies.some((copy) => copy.presentAt === undefined)
            ? 'a copy is not present'
            : record.copies.some((copy) => copy.verifiedAt === undefined)
              ? 'a copy was not verified'
              : record.checks.length === 0
                ? 'no check was made'
                : record.checks.some((check) => check.verdict !== 'pass')
                  ? 'a check did not pass'
                  : undefined;
  if (problem !== undefined) {
    throw new HoldfastError('Internal', `unable to complete backup '${record.id}': ${problem}`, {
      backupId: record.id,
    });
  }
}
