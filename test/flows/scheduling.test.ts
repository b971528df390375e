// The tick, the queue and the dispatcher together: slots become backups exactly once, in order, within the bounds.

import { afterEach, describe, expect, it } from '@jest/globals';

import { listBackups, loadBackup } from '../../lib/records/backups.ts';
import { dispatch } from '../../lib/scheduling/dispatch.ts';
import { loadQueue } from '../../lib/scheduling/queue.ts';
import { requestBackup } from '../../lib/scheduling/request-backup.ts';
import { tick } from '../../lib/scheduling/tick.ts';
import { aStorePolicy } from '../builders/store-policy.ts';
import { testPlatform } from './test-platform.ts';
import type { TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

afterEach(async () => {
  await platform.close();
});

const nightly = { id: 'orders-db/full', cron: '0 2 * * *', timeZone: 'UTC', type: 'full' as const };
const HOUR = 3_600_000;

async function backupsOf(store: string) {
  return (await listBackups(platform.catalog, { store })).items;
}

describe('tick', () => {
  it('a slot passes - one backup, whatever number of ticks sees it at once (trap 41)', async () => {
    platform = testPlatform({ policies: [aStorePolicy({ schedules: [nightly] })] });
    await tick(platform);
    platform.clock.advance(24 * HOUR);

    await Promise.all([tick(platform), tick(platform), tick(platform)]);
    await platform.flows.drain();
    await tick(platform);
    await platform.flows.drain();

    const backups = await backupsOf('orders-db');
    expect(backups.length).toBe(1);
    expect(backups[0]?.status).toBe('completed');
    expect(backups[0]?.trigger).toMatchObject({ kind: 'schedule', slot: '2026-01-03T02:00:00.000Z' });
  });

  it('the platform was down for five nights - the missed slots are caught up once, and noticed', async () => {
    platform = testPlatform({ policies: [aStorePolicy({ schedules: [nightly] })] });
    await tick(platform);
    platform.clock.advance(5 * 24 * HOUR);

    const result = await tick(platform);
    await platform.flows.drain();
    const again = await tick(platform);
    await platform.flows.drain();

    expect(result.queued.length).toBe(1);
    expect(result.delayed.length).toBe(1);
    expect(again.queued.length).toBe(0);
    expect((await backupsOf('orders-db')).length).toBe(1);
  });

  it('a new schedule - nothing before its first sight is due', async () => {
    platform = testPlatform({ policies: [aStorePolicy({ schedules: [nightly] })] });

    const result = await tick(platform);

    expect(result.queued).toEqual([]);
  });
});

describe('queue', () => {
  const policies = [
    aStorePolicy({ store: 'low-db', serviceLevel: 'low' }),
    aStorePolicy({ store: 'critical-db', serviceLevel: 'critical' }),
    aStorePolicy({ store: 'medium-db', serviceLevel: 'medium' }),
  ];

  it('capacity for one - the critical store starts first', async () => {
    platform = testPlatform({ policies, limits: { concurrentBackups: 1 } });
    for (const { store } of policies)
      await requestBackup(platform, { stores: [store], requestedBy: 'test', trigger: 'http' });

    await dispatch(platform);

    const { queue } = await loadQueue(platform.catalog);
    expect(queue.active.map((active) => active.store)).toEqual(['critical-db']);
    expect(queue.pending.length).toBe(2);
    await platform.flows.drain();
    for (const { store } of policies) expect((await backupsOf(store))[0]?.status).toBe('completed');
  });

  it('a second request while one waits - is refused as busy, not dropped and not doubled', async () => {
    platform = testPlatform({ policies });
    await requestBackup(platform, { stores: ['low-db'], requestedBy: 'test', trigger: 'http' });

    await expect(
      requestBackup(platform, { stores: ['low-db'], requestedBy: 'test', trigger: 'http' }),
    ).rejects.toMatchObject({ name: 'SourceBusy' });
    await platform.flows.drain();
  });

  it('a request while one runs - waits until the first has ended: a source is never dumped twice at once', async () => {
    platform = testPlatform({ policies });
    let running = 0;
    let most = 0;
    platform.scripted.onDump = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    await requestBackup(platform, { stores: ['low-db'], requestedBy: 'test', trigger: 'http' });
    await dispatch(platform);
    await requestBackup(platform, { stores: ['low-db'], requestedBy: 'test', trigger: 'http' });
    await dispatch(platform);
    await platform.flows.drain();

    const backups = await backupsOf('low-db');
    expect(backups.map((backup) => backup.status)).toEqual(['completed', 'completed']);
    // Two units of one backup may be dumped at once, two backups may not.
    expect(most).toBeLessThanOrEqual(2);
    expect(Date.parse(backups[0]?.startTime ?? '')).toBeGreaterThanOrEqual(Date.parse(backups[1]?.endTime ?? ''));
  });

  it('a full queue - answers QueueFull', async () => {
    platform = testPlatform({ policies, limits: { queueLength: 1 } });
    await requestBackup(platform, { stores: ['low-db'], requestedBy: 'test', trigger: 'http' });

    await expect(
      requestBackup(platform, { stores: ['medium-db'], requestedBy: 'test', trigger: 'http' }),
    ).rejects.toMatchObject({ name: 'QueueFull' });
  });

  it('the same idempotency key twice - one backup; with another type - a conflict', async () => {
    platform = testPlatform({ policies });
    const request = { stores: ['low-db'], requestedBy: 'test', trigger: 'http' as const, idempotencyKey: 'k1' };

    const first = await requestBackup(platform, request);
    const second = await requestBackup(platform, request);

    expect(second).toEqual(first);
    await expect(requestBackup(platform, { ...request, type: 'incremental' })).rejects.toMatchObject({
      name: 'IdempotencyConflict',
    });
  });

  it('a crash between the queue write and the start - the next dispatch starts it', async () => {
    platform = testPlatform({ policies });
    const { backups } = await requestBackup(platform, { stores: ['low-db'], requestedBy: 'test', trigger: 'http' });
    const start = platform.flows.start.bind(platform.flows);
    platform.flows.start = () => Promise.reject(new Error('killed here'));
    await expect(dispatch(platform)).rejects.toThrow('killed here');
    platform.flows.start = start;

    await dispatch(platform);
    await platform.flows.drain();

    expect((await loadBackup(platform.catalog, backups[0]?.backupId ?? '')).status).toBe('completed');
  });
});
