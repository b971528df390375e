// Tests the five states: they follow from what can be restored, never from what ran.

import { describe, expect, test } from '@jest/globals';
import { aBackupRecord, aCause } from '../../test/builders/backup-record.ts';
import { aStorePolicy } from '../../test/builders/store-policy.ts';
import type { BackupRecord, ValidationResult } from '../domain/backup-record.ts';
import { stateOf, unknownState } from './store-state.ts';
import type { StoreState } from './store-state.ts';

const HOUR = 3600_000;
const POINT = Date.parse('2026-01-02T02:00:00.000Z');
const policy = aStorePolicy({
  rpoSeconds: 24 * 3600,
  schedules: [{ id: 's', cron: '0 2 * * *', timeZone: 'Europe/Moscow', type: 'full' }],
});

const after = (
  hours: number,
  records: readonly BackupRecord[],
  changes: { policy?: typeof policy; isDelayed?: boolean } = {},
): StoreState =>
  stateOf(changes.policy ?? policy, {
    records,
    isDelayed: changes.isDelayed ?? false,
    nowMilliseconds: POINT + hours * HOUR,
  });

const failed = aBackupRecord({
  id: 'bkp_failed',
  status: 'failed',
  cause: aCause(),
  startTime: '2026-01-03T02:00:00.000Z',
  endTime: '2026-01-03T02:05:00.000Z',
});
const aTest = (verdict: ValidationResult['verdict']): ValidationResult => ({
  id: 'val_1',
  kind: 'test-restore',
  verdict,
  at: '2026-01-02T05:00:00.000Z',
  location: 'primary',
  checkedBytes: 10,
  detail: '',
});

describe('stateOf', () => {
  test('a point younger than the goal, every copy verified - met, without a reason', () => {
    expect(after(3, [aBackupRecord()])).toMatchObject({
      state: 'met',
      reasons: [],
      rpo: { goalSeconds: 86400, nowSeconds: 10800 },
    });
  });

  test('the goal to the second - met; a second later - missed since that second', () => {
    expect(after(24, [aBackupRecord()]).state).toBe('met');
    expect(after(24 + 1 / 3600, [aBackupRecord()])).toMatchObject({
      state: 'missed',
      reasons: ['objective-missed'],
      missedSince: '2026-01-03T02:00:00.000Z',
    });
  });

  test('never backed up - unprotected, and no age is claimed', () => {
    const state = after(3, []);

    expect(state).toMatchObject({ state: 'unprotected', reasons: ['never-backed-up'] });
    expect(state.rpo.nowSeconds).toBeUndefined();
    expect(state.newestPoint).toBeUndefined();
  });

  test.each([
    'failed',
    'quarantined',
    'corrupted',
    'aborted',
    'expired',
    'deleting',
    'deleted',
    'queued',
    'running',
    'uploaded',
    'validating',
    'replicating',
    'checking',
  ] as const)('only a backup that is %s - unprotected', (status) => {
    expect(after(1, [aBackupRecord({ status, cause: aCause() })]).state).toBe('unprotected');
  });

  test('the last run failed while the goal is still met - at risk, with the failure and how often', () => {
    const state = after(20, [failed, { ...failed, id: 'bkp_failed0' }, aBackupRecord()]);

    expect(state).toMatchObject({
      state: 'at-risk',
      reasons: ['last-backup-failed'],
      lastFailure: { backupId: 'bkp_failed', inARow: 2 },
    });
  });

  test('a failure before the newest good backup - made good, not told', () => {
    const state = after(3, [aBackupRecord(), { ...failed, endTime: '2026-01-01T02:05:00.000Z' }]);

    expect(state.state).toBe('met');
    expect(state.lastFailure).toBeUndefined();
  });

  test('a run that was stopped by request - is no failure', () => {
    expect(after(3, [aBackupRecord({ id: 'x', status: 'aborted', cause: aCause() }), aBackupRecord()]).state).toBe(
      'met',
    );
  });

  test('a demanded copy is not verified - at risk', () => {
    const [primary, second] = aBackupRecord().copies;
    const { verifiedAt: _verifiedAt, ...unverified } = second!;

    expect(after(3, [aBackupRecord({ copies: [primary!, unverified] })])).toMatchObject({
      state: 'at-risk',
      reasons: ['copy-missing'],
      copies: { found: 1, demanded: 2 },
    });
  });

  test('a copy somewhere else than the policy demands - does not count', () => {
    const copies = aBackupRecord().copies.map((copy) => ({ ...copy, location: 'attic' }));

    expect(after(3, [aBackupRecord({ copies })]).copies).toEqual({ found: 0, demanded: 2 });
  });

  test('the newest test restore failed - at risk; an inconclusive one is no failure', () => {
    expect(after(3, [aBackupRecord({ validationResults: [aTest('failed')] })])).toMatchObject({
      state: 'at-risk',
      reasons: ['test-restore-failed'],
    });
    expect(after(3, [aBackupRecord({ validationResults: [aTest('inconclusive')] })]).state).toBe('met');
  });

  test('a fuzzy unit - the point is the beginning of the backup, not its end', () => {
    expect(after(3, [aBackupRecord()]).newestPoint?.at).toBe('2026-01-02T02:00:00.000Z');
  });

  test('units consistent at different moments - the point is the earliest', () => {
    const facts = { sourceVersion: '1', warnings: [], details: {} };
    const pin = { key: 'k', sizeBytes: 1, sha256: '0' };
    const unit = {
      unit: 'a',
      attempt: 'x',
      manifest: pin,
      index: pin,
      packs: 1,
      sizeBytes: 1,
      storedBytes: 1,
      reusedBytes: 0,
      entries: 1,
      needsAttempts: [],
    };
    const units = [
      { ...unit, facts: { ...facts, consistentAt: '2026-01-02T02:03:00.000Z' } },
      { ...unit, unit: 'b', facts: { ...facts, consistentAt: '2026-01-02T02:01:00.000Z' } },
    ];

    expect(after(3, [aBackupRecord({ units })]).newestPoint?.at).toBe('2026-01-02T02:01:00.000Z');
  });

  test('near the goal - no news with a schedule, at risk without one', () => {
    expect(after(23, [aBackupRecord()]).state).toBe('met');
    expect(after(23, [aBackupRecord()], { policy: { ...policy, schedules: [] } })).toMatchObject({
      state: 'at-risk',
      reasons: ['objective-near'],
    });
  });

  test('the scheduler says late - at risk, unless the run has begun meanwhile', () => {
    const running = aBackupRecord({ id: 'bkp_running', status: 'running' });

    expect(after(3, [aBackupRecord()], { isDelayed: true })).toMatchObject({
      state: 'at-risk',
      reasons: ['backup-delayed'],
    });
    expect(after(3, [running, aBackupRecord()], { isDelayed: true })).toMatchObject({
      state: 'met',
      running: { backupId: 'bkp_running', status: 'running' },
    });
  });

  test('a clock behind the point - zero seconds, not a negative age', () => {
    expect(after(-1, [aBackupRecord()]).rpo.nowSeconds).toBe(0);
  });

  test('the catalog could not be read - unknown, never met', () => {
    expect(unknownState(policy)).toMatchObject({ state: 'unknown', reasons: ['catalog-unreadable'] });
  });
});
