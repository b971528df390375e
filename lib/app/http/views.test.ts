// Tests that what is shown of a record is what the contract says: no field less, none more.

import { expect, test } from '@jest/globals';
import { aBackupRecord, aCause } from '../../../test/builders/backup-record.ts';
import { backupView, viewOfBackup } from './views.ts';
import type { Viewer } from './viewer.ts';

const viewer: Viewer = { language: 'ru', zoneOf: () => 'Europe/Moscow', targetsOf: () => ['directory'] };

test('a backup - exactly the fields of its schema', () => {
  const view = viewOfBackup(aBackupRecord({ status: 'failed', cause: aCause() }), viewer);

  expect(backupView.strict().parse(JSON.parse(JSON.stringify(view)))).toEqual(JSON.parse(JSON.stringify(view)));
});

test('a warning with a terminal escape - shown as text', () => {
  const unit = aBackupRecord().units;
  const facts = { sourceVersion: '1', warnings: ['file \u001b[2J changed'], details: {} };
  const pin = { key: 'k', sizeBytes: 1, sha256: '0' };
  const units = [
    ...unit,
    {
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
      facts,
    },
  ];

  expect(viewOfBackup(aBackupRecord({ units }), viewer).units[0]?.warnings).toEqual(['file \\u001b[2J changed']);
});

test('a cause - in the language of the reader, with its hint', () => {
  expect(viewOfBackup(aBackupRecord({ status: 'failed', cause: aCause() }), viewer).cause).toMatchObject({
    code: 'DUMP_TOOL_FAILED',
    title: 'Программа выгрузки завершилась с ошибкой',
    hint: expect.any(String),
  });
});
