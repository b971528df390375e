// Tests reading states: one unreadable store hides no other, and old failures do not hide the newest good backup.

import { afterEach, describe, expect, test } from '@jest/globals';
import { aBackupRecord, aCause } from '../../test/builders/backup-record.ts';
import { aStorePolicy } from '../../test/builders/store-policy.ts';
import { testPlatform } from '../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../test/flows/test-platform.ts';
import type { BackupRecord } from '../domain/backup-record.ts';
import { createBackupWrites } from '../records/backups.ts';
import { storeState, storeStates } from './store-states.ts';

let platform: TestPlatform;
afterEach(async () => await platform.close());

const put = async (record: BackupRecord): Promise<void> =>
  await platform.catalog.transact([...createBackupWrites(record)]);

describe('storeStates', () => {
  test('a hundred failures after the last good backup - it is still found', async () => {
    platform = testPlatform({ policies: [aStorePolicy({ rpoSeconds: 1e9 })] });
    await put(aBackupRecord({ id: 'bkp_000' }));
    for (let i = 1; i <= 100; i++)
      await put(aBackupRecord({ id: `bkp_${String(i).padStart(3, '0')}`, status: 'failed', cause: aCause() }));

    const state = await storeState(platform, 'orders-db');

    expect(state).toMatchObject({
      state: 'at-risk',
      newestPoint: { backupId: 'bkp_000' },
      lastFailure: { backupId: 'bkp_100', inARow: 100 },
    });
  });

  test('one store cannot be read - it is unknown, the other is told', async () => {
    platform = testPlatform({ policies: [aStorePolicy(), aStorePolicy({ store: 'cache-db' })] });
    const { catalog } = platform;
    const flaky: TestPlatform = {
      ...platform,
      catalog: {
        get: (key) => catalog.get(key),
        transact: (writes) => catalog.transact(writes),
        query: async (query) => {
          if (query.partition === 'store#cache-db') throw new Error('disk');
          return await catalog.query(query);
        },
      },
    };

    const states = await storeStates(flaky);

    expect(states.map(({ store, state }) => [store, state])).toEqual([
      ['orders-db', 'unprotected'],
      ['cache-db', 'unknown'],
    ]);
  });

  test('an unknown store - NotFound', async () => {
    platform = testPlatform();

    await expect(storeState(platform, 'nope')).rejects.toMatchObject({ name: 'NotFound' });
  });
});
