// Tests the text behind "why": for every cause it names the cause, what is still restorable and the cure, in both languages.

import { afterEach, describe, expect, test } from '@jest/globals';
import { aBackupRecord, aCause } from '../../test/builders/backup-record.ts';
import { aStorePolicy } from '../../test/builders/store-policy.ts';
import { testPlatform } from '../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../test/flows/test-platform.ts';
import type { BackupRecord } from '../domain/backup-record.ts';
import { ERROR_TABLE } from '../domain/errors.ts';
import type { ErrorName } from '../domain/errors.ts';
import { createBackupWrites } from '../records/backups.ts';
import { explainStore } from './explain-store.ts';

let platform: TestPlatform;
afterEach(async () => await platform.close());

const given = async (...records: BackupRecord[]): Promise<void> => {
  platform = testPlatform({ policies: [aStorePolicy({ rpoSeconds: 7200 })] });
  for (const record of records) await platform.catalog.transact([...createBackupWrites(record)]);
};

describe('explainStore', () => {
  test('all is well - says so, with the proof of every copy', async () => {
    await given(aBackupRecord());

    const why = await explainStore(platform, 'orders-db');

    expect(why.headline).toBe('orders/orders-db: nothing is wrong.');
    expect(why.proof).toEqual([
      'copy primary (RU): every byte read back, oldest on 2 Jan 2026 02:10 UTC',
      'copy second (RU): every byte read back, oldest on 2 Jan 2026 02:10 UTC',
    ]);
    expect(why.cause).toBeUndefined();
  });

  test('the last runs failed - cause, facts as proof, the older point that is still there, complete commands', async () => {
    await given(
      aBackupRecord({ id: 'bkp_1' }),
      aBackupRecord({ id: 'bkp_2', status: 'failed', cause: aCause() }),
      aBackupRecord({ id: 'bkp_3', status: 'failed', cause: aCause() }),
    );

    const why = await explainStore(platform, 'orders-db');

    expect(why.headline).toBe('orders/orders-db: its last backup failed; 2 runs in a row failed.');
    expect(why.cause).toMatchObject({ code: 'DUMP_TOOL_FAILED', detail: expect.stringContaining('ended with code 1') });
    expect(why.proof[0]).toContain('bkp_3');
    expect(why.proof[0]).toContain('attempt 3');
    expect(why.restorable).toContain('from backup bkp_1');
    expect(why.commands).toEqual([
      'holdfast doctor',
      'holdfast backup now orders-db --wait',
      'holdfast restore plan orders-db --to-dir ./restored-orders-db',
    ]);
  });

  test('a quarantined backup - the rules that did not pass are the proof', async () => {
    const checks = [
      {
        rule: 'ru-152-fz-residency',
        kind: 'residency',
        basis: 'law',
        verdict: 'fail',
        evidence: "copy 'second' lies in DE",
        checkedAt: '2026-01-02T02:10:00.000Z',
      },
    ] as const;
    await given(
      aBackupRecord({
        status: 'quarantined',
        checks,
        cause: aCause({ name: 'ComplianceFailed', message: 'a rule failed', facts: {} }),
      }),
    );

    const why = await explainStore(platform, 'orders-db');

    expect(why.proof).toContain("check ru-152-fz-residency: fail, copy 'second' lies in DE");
    expect(why.restorable).toBe('Nothing can be restored: a loss of the source now would lose everything.');
  });

  test.each(Object.keys(ERROR_TABLE) as ErrorName[])(
    'a failure by %s - named with its title and hint in English and Russian',
    async (name) => {
      await given(aBackupRecord({ status: 'failed', cause: aCause({ name }) }));

      for (const language of ['en', 'ru'] as const) {
        const why = await explainStore(platform, 'orders-db', language);

        expect(why.cause).toMatchObject({ code: ERROR_TABLE[name].code, title: ERROR_TABLE[name].title[language] });
        expect(why.fix).toContain(ERROR_TABLE[name].hint);
      }
    },
  );

  test('in Russian - no English sentence is left in headline and restorable', async () => {
    await given(aBackupRecord());
    platform.clock.advance(24 * 3600_000);

    const why = await explainStore(platform, 'orders-db', 'ru');

    expect(why.headline).toBe('orders/orders-db: последняя точка восстановления старше цели.');
    expect(why.restorable).toMatch(/^Можно восстановить на 2 янв\. 2026 г\. 02:00 UTC \(1 д|^Можно восстановить/);
  });
});
