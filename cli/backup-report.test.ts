// Tests the exit code that tells how backups ended.

import { expect, test } from '@jest/globals';
import { ERROR_TABLE } from '../lib/domain/errors.ts';
import type { ErrorName } from '../lib/domain/errors.ts';
import type { BackupStatusView } from '../lib/app/http/routes/backup.ts';
import { backupOutcome } from './backup-report.ts';

const ended = (status: string, name?: ErrorName): BackupStatusView =>
  ({
    status,
    ...(name !== undefined && { cause: { ...ERROR_TABLE[name], name, title: '', detail: '' } }),
  }) as unknown as BackupStatusView;

test.each([
  ['completed', undefined, 0],
  ['validated', undefined, 0],
  ['running', undefined, 0],
  ['quarantined', 'ComplianceFailed', 5],
  ['corrupted', 'ObjectCorrupted', 1],
  ['failed', 'SourceUnreachable', 7],
  ['failed', 'SourceAuthenticationFailed', 6],
  ['failed', 'DumpToolFailed', 1],
  ['aborted', 'ExecutionStopped', 130],
] as const)('a backup that is %s by %s - exit %i', (status, name, code) => {
  expect(backupOutcome([ended(status, name)])).toBe(code);
});

test('several backups - all good 0, some good 3, all bad alike their own code', () => {
  const [good, bad] = [ended('completed'), ended('failed', 'SourceUnreachable')];

  expect(backupOutcome([good, good])).toBe(0);
  expect(backupOutcome([good, bad])).toBe(3);
  expect(backupOutcome([bad, bad])).toBe(7);
  expect(backupOutcome([])).toBe(0);
});
