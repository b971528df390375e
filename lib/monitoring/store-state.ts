// The state of one data store in the five words of the product, derived from what is restorable, not from what ran.

import type { BackupRecord, BackupStatus, CopyState, ValidationResult } from '../domain/backup-record.ts';
import { isRestorable } from '../domain/backup-record.ts';
import type { StoredError } from '../domain/errors.ts';
import type { DataType } from '../domain/compliance.ts';
import type { ServiceLevel } from '../domain/service-level.ts';
import type { SkippedStore, StorePolicy } from '../domain/store-policy.ts';

/** `unknown`: we have no data; never shown as good. */
export const COVERAGE_STATES = ['met', 'at-risk', 'missed', 'unprotected', 'skipped', 'unknown'] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

export const STATE_REASONS = [
  'objective-missed',
  'never-backed-up',
  'nothing-restorable',
  'objective-near',
  'backup-delayed',
  'last-backup-failed',
  'copy-missing',
  'test-restore-failed',
  'backup-corrupted',
  'catalog-unreadable',
  'skipped-by-policy',
] as const;
export type StateReason = (typeof STATE_REASONS)[number];

export interface NewestPoint {
  readonly backupId: string;
  /** The instant a restore of it takes the data back to; the earliest of its units. */
  readonly at: string;
  readonly completedAt: string | undefined;
  readonly isProven: boolean;
  readonly retentionUntil: string;
}

export interface LastFailure {
  readonly backupId: string;
  readonly status: BackupStatus;
  readonly at: string;
  readonly cause: StoredError;
  /** Failures since the newest restorable backup, this one included. */
  readonly inARow: number;
}

export interface StoreState {
  readonly store: string;
  readonly service: string;
  readonly owner: string;
  readonly engine: string;
  readonly method: string;
  readonly serviceLevel: ServiceLevel;
  readonly dataType: DataType;
  readonly timeZone: string;
  readonly state: CoverageState;
  readonly reasons: readonly StateReason[];
  /** Since when the goal is missed; only for `missed`. */
  readonly missedSince?: string;
  readonly rpo: { readonly goalSeconds: number; readonly nowSeconds?: number };
  readonly rtoGoalSeconds: number;
  readonly newestPoint?: NewestPoint;
  readonly copies: { readonly found: number; readonly demanded: number };
  readonly lastTestRestore?: ValidationResult & { readonly backupId: string };
  readonly running?: { readonly backupId: string; readonly status: BackupStatus; readonly since: string };
  /** The newest failure that no later backup has made good. */
  readonly lastFailure?: LastFailure;
  readonly skipReason?: string;
}

/**
 * Above this share of its goal a point of a store without schedules is told as old. A store with a schedule is near its goal every
 * night before its run, which is no news; that its run is late is told by the scheduler.
 */
const NEAR_SHARE = 0.8;
const DEFAULT_ZONE = 'UTC';

export interface StateFacts {
  /** The store's newest backups, newest first, down to at least the newest restorable one. */
  readonly records: readonly BackupRecord[];
  /** The scheduler said that a run is late. */
  readonly isDelayed: boolean;
  readonly nowMilliseconds: number;
}

export function stateOf(policy: StorePolicy, { records, isDelayed, nowMilliseconds }: StateFacts): StoreState {
  const newest = records.find((record) => isRestorable(record.status));
  const point = newest && pointOf(newest);
  const running = records.find((record) => UNDER_WAY.includes(record.status));
  const failure = failureOf(records);
  const test = lastTestRestore(records);
  const copies = {
    found: newest === undefined ? 0 : copiesFound(policy, newest.copies),
    demanded: policy.copies.length,
  };
  const nowSeconds = point && Math.max(0, Math.floor((nowMilliseconds - Date.parse(point.at)) / 1000));
  const verdict = judge({
    nowSeconds,
    goalSeconds: policy.rpoSeconds,
    hasRecords: records.length > 0,
    isDelayed: isDelayed && running === undefined,
    hasSchedule: policy.schedules.length > 0,
    failure,
    copies,
    test,
  });
  return {
    ...identityOf(policy),
    ...verdict,
    ...(verdict.state === 'missed' &&
      point !== undefined && { missedSince: instantAfter(point.at, policy.rpoSeconds) }),
    rpo: { goalSeconds: policy.rpoSeconds, ...(nowSeconds !== undefined && { nowSeconds }) },
    rtoGoalSeconds: policy.rtoSeconds,
    copies,
    ...(point !== undefined && { newestPoint: point }),
    ...(test !== undefined && { lastTestRestore: test }),
    ...(running !== undefined && {
      running: { backupId: running.id, status: running.status, since: running.startTime ?? running.queuedAt },
    }),
    ...(failure !== undefined && { lastFailure: failure }),
  };
}

/** What is shown when the catalog could not be read: never green. */
export const unknownState = (policy: StorePolicy): StoreState => ({
  ...identityOf(policy),
  state: 'unknown',
  reasons: ['catalog-unreadable'],
  rpo: { goalSeconds: policy.rpoSeconds },
  rtoGoalSeconds: policy.rtoSeconds,
  copies: { found: 0, demanded: policy.copies.length },
});

/** A store that the configuration leaves out on purpose: no goal, no evidence, but in the list with its reason. */
export const skippedState = ({ store, service, owner, reason }: SkippedStore): StoreState => ({
  store,
  service,
  owner,
  engine: '',
  method: '',
  serviceLevel: 'low',
  dataType: 'system_data',
  timeZone: DEFAULT_ZONE,
  state: 'skipped',
  reasons: ['skipped-by-policy'],
  rpo: { goalSeconds: 0 },
  rtoGoalSeconds: 0,
  copies: { found: 0, demanded: 0 },
  skipReason: reason,
});

const identityOf = (policy: StorePolicy) => ({
  store: policy.store,
  service: policy.service,
  owner: policy.owner,
  engine: policy.engine,
  method: policy.method,
  serviceLevel: policy.serviceLevel,
  dataType: policy.dataType,
  timeZone: policy.schedules[0]?.timeZone ?? DEFAULT_ZONE,
});

interface Evidence {
  readonly nowSeconds: number | undefined;
  readonly goalSeconds: number;
  readonly hasRecords: boolean;
  readonly isDelayed: boolean;
  readonly hasSchedule: boolean;
  readonly failure: LastFailure | undefined;
  readonly copies: { readonly found: number; readonly demanded: number };
  readonly test: ValidationResult | undefined;
}

function judge(seen: Evidence): { readonly state: CoverageState; readonly reasons: readonly StateReason[] } {
  const doubts = doubtsOf(seen);
  if (seen.nowSeconds === undefined) {
    return { state: 'unprotected', reasons: [seen.hasRecords ? 'nothing-restorable' : 'never-backed-up', ...doubts] };
  }
  if (seen.nowSeconds > seen.goalSeconds) return { state: 'missed', reasons: ['objective-missed', ...doubts] };
  return { state: doubts.length > 0 ? 'at-risk' : 'met', reasons: doubts };
}

function doubtsOf({
  nowSeconds,
  goalSeconds,
  isDelayed,
  hasSchedule,
  failure,
  copies,
  test,
}: Evidence): readonly StateReason[] {
  const doubts: StateReason[] = [];
  if (failure !== undefined) doubts.push(failure.status === 'corrupted' ? 'backup-corrupted' : 'last-backup-failed');
  if (nowSeconds !== undefined && copies.found < copies.demanded) doubts.push('copy-missing');
  if (test?.verdict === 'failed') doubts.push('test-restore-failed');
  const isNear = nowSeconds !== undefined && nowSeconds > goalSeconds * NEAR_SHARE && nowSeconds <= goalSeconds;
  if (isDelayed) doubts.push('backup-delayed');
  if (isNear && !hasSchedule) doubts.push('objective-near');
  return doubts;
}

function pointOf(record: BackupRecord): NewestPoint {
  // A unit without a consistent instant was read while it changed: only its beginning is sure.
  const begin = record.startTime ?? record.queuedAt;
  const instants = record.units.map((unit) => unit.facts.consistentAt ?? begin);
  return {
    backupId: record.id,
    at: instants.toSorted((left, right) => Date.parse(left) - Date.parse(right))[0] ?? begin,
    completedAt: record.endTime,
    isProven: record.status === 'validated',
    retentionUntil: record.retentionUntil,
  };
}

const UNDER_WAY: readonly BackupStatus[] = ['queued', 'running', 'uploaded', 'validating', 'replicating', 'checking'];
const FAILED: readonly BackupStatus[] = ['failed', 'quarantined', 'corrupted'];

/** Records are newest first: a failure counts until a restorable backup stands before it. */
function failureOf(records: readonly BackupRecord[]): LastFailure | undefined {
  const good = records.findIndex((record) => isRestorable(record.status));
  const failures = records
    .slice(0, good === -1 ? records.length : good)
    .filter((record) => FAILED.includes(record.status));
  const [newest] = failures;
  if (newest?.cause === undefined) return undefined;
  return {
    backupId: newest.id,
    status: newest.status,
    at: newest.endTime ?? newest.queuedAt,
    cause: newest.cause,
    inARow: failures.length,
  };
}

function lastTestRestore(records: readonly BackupRecord[]): StoreState['lastTestRestore'] {
  return records
    .flatMap((record) => record.validationResults.map((result) => ({ ...result, backupId: record.id })))
    .filter((result) => result.kind === 'test-restore')
    .toSorted((left, right) => Date.parse(right.at) - Date.parse(left.at))[0];
}

/** A copy counts when the policy demands its location and it was found present and verified there. */
const copiesFound = (policy: StorePolicy, copies: readonly CopyState[]): number =>
  policy.copies.filter(({ location }) =>
    copies.some((copy) => copy.location === location && copy.presentAt !== undefined && copy.verifiedAt !== undefined),
  ).length;

const instantAfter = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString();
