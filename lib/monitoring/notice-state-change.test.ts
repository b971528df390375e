// Tests that people hear of changes, once each, in the store's words, and that nothing of it can fail a backup.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aBackupRecord, aCause } from '../../test/builders/backup-record.ts';
import { aStorePolicy } from '../../test/builders/store-policy.ts';
import { testPlatform } from '../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../test/flows/test-platform.ts';
import type { BackupRecord, BackupStatus } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Notice, Notifier } from '../ports/notifier.ts';
import { createBackupWrites } from '../records/backups.ts';
import { loadNoticeState } from './notice-state.ts';
import { noticeStateChange } from './notice-state-change.ts';

let world: TestPlatform;
let platform: TestPlatform;
let sent: { channel: string; notice: Notice }[];
let made: number;

const channel = (name: string, isDown = false): Notifier => ({
  channel: name,
  send: async (notice) => {
    sent.push({ channel: name, notice });
    if (isDown) throw new HoldfastError('NotificationFailed', `'${name}' is down`);
  },
});

const withChannels = (...notifiers: Notifier[]): void => {
  platform = { ...world, notifiers };
};

beforeEach(() => {
  sent = [];
  made = 0;
  world = testPlatform({ policies: [aStorePolicy({ rpoSeconds: 1e9, serviceLevel: 'critical' })] });
  withChannels(channel('chat'));
});
afterEach(async () => await world.close());

/** A backup that has ended so, and the look at the store that its machine takes then. */
async function settled(status: BackupStatus, changes: Partial<BackupRecord> = {}): Promise<void> {
  made += 1;
  const isGood = status === 'completed' || status === 'validated';
  const record = aBackupRecord({ id: `bkp_${made}`, status, ...(!isGood && { cause: aCause() }), ...changes });
  await platform.catalog.transact([...createBackupWrites(record)]);
  await noticeStateChange(platform, { backupId: record.id });
}

const subjects = (): readonly string[] => sent.map(({ notice }) => notice.subject);

describe('noticeStateChange', () => {
  test('backups that complete - nobody is told', async () => {
    await settled('completed');
    await settled('completed');

    expect(sent).toEqual([]);
  });

  test('ten failures in a row - one message; then a good one - one that it is well again', async () => {
    await settled('completed');
    for (let i = 0; i < 10; i++) await settled('failed');
    await settled('completed');
    await settled('completed');

    expect(subjects()).toEqual(['backup failed: orders/orders-db', 'backups are well again: orders/orders-db']);
    expect(sent.map(({ notice }) => notice.isResolved)).toEqual([false, true]);
    expect(sent[0]?.notice.key).toBe(sent[1]?.notice.key);
  });

  test('a failure - says since when, what is still restorable, the cause and what to do', async () => {
    await settled('completed');
    await settled('failed');

    expect(sent[0]?.notice.lines).toEqual([
      expect.stringMatching(/^Since .* \(scripted, service level critical, owner team-orders\)\.$/),
      expect.stringMatching(/^Still restorable to 2 Jan 2026 02:00 UTC \(.* ago; the goal is .*\)\.$/),
      "Cause: DUMP_TOOL_FAILED - The dump tool failed: unable to dump 'orders-db': the tool ended with code 1.",
      expect.stringContaining("What helps: Read the tool's own words"),
      'Look: holdfast why orders-db. Try again: holdfast backup now orders-db --wait.',
    ]);
  });

  test('the first backup ever fails - unprotected, critical, and says that nothing can be restored', async () => {
    await settled('failed');

    expect(sent[0]?.notice).toMatchObject({
      subject: 'nothing can be restored: orders/orders-db',
      severity: 'critical',
    });
    expect(sent[0]?.notice.lines[1]).toMatch(/No backup can be restored/);
  });

  test.each([
    ['quarantined', 'backup is quarantined by a compliance rule: orders/orders-db'],
    ['corrupted', 'backup is corrupted: orders/orders-db'],
  ] as const)('a %s backup with an older good one - told as such', async (status, subject) => {
    await settled('completed');
    await settled(status);

    expect(subjects()).toEqual([subject]);
  });

  test('failed, then quarantined - another condition is another message', async () => {
    await settled('completed');
    await settled('failed');
    await settled('quarantined');

    expect(sent).toHaveLength(2);
  });

  test('stopped by request - nobody is told', async () => {
    await settled('completed');
    await settled('aborted');

    expect(sent).toEqual([]);
  });

  test('late - told once however often the tick says it, and resolved by the next good backup', async () => {
    await settled('completed');
    for (let i = 0; i < 5; i++)
      await noticeStateChange(platform, { store: 'orders-db', delayedSince: '2026-01-02T03:00:00.000Z' });
    await settled('completed');

    expect(subjects()).toEqual(['backup is late: orders/orders-db', 'backups are well again: orders/orders-db']);
    expect(sent[0]?.notice.lines[0]).toContain('2 Jan 2026 03:00 UTC');
  });

  test('late while it fails - the failure was told, being late is no second message', async () => {
    await settled('completed');
    await settled('failed');
    await noticeStateChange(platform, { store: 'orders-db', delayedSince: '2026-01-02T03:00:00.000Z' });
    await settled('failed');

    expect(subjects()).toEqual(['backup failed: orders/orders-db']);
  });

  test('the first channel is down - tried to the limit, then the next one takes it, and both stand on record', async () => {
    withChannels(channel('chat', true), channel('mail'), channel('pager'));
    await settled('failed');

    expect(sent.map((one) => one.channel)).toEqual([
      ...Array<string>(LIMITS.notificationAttemptsMax).fill('chat'),
      'mail',
    ]);
    const state = await loadNoticeState(platform.catalog, 'orders-db');
    expect(state?.value.deliveries).toMatchObject([
      { channel: 'chat', attempts: 3, isDelivered: false, error: expect.stringContaining("'chat' is down") },
      { channel: 'mail', attempts: 1, isDelivered: true },
    ]);
    expect(state?.value.deliveredAt).toBeDefined();
  });

  test('every channel is down - the caller hears nothing, and the next look tries again', async () => {
    withChannels(channel('chat', true));
    await settled('failed');
    expect((await loadNoticeState(platform.catalog, 'orders-db'))?.value.deliveredAt).toBeUndefined();

    withChannels(channel('chat'));
    platform.clock.advance(180_000);
    await settled('failed');

    expect((await loadNoticeState(platform.catalog, 'orders-db'))?.value.deliveredAt).toBeDefined();
  });

  test('killed while sending - a look right after waits, one later sends', async () => {
    const never: Notifier = { channel: 'chat', send: () => new Promise(() => undefined) };
    withChannels(never);
    void settled('failed');
    while ((await loadNoticeState(platform.catalog, 'orders-db')) === undefined)
      await new Promise((resolve) => setImmediate(resolve));

    withChannels(channel('chat'));
    await noticeStateChange(platform, { store: 'orders-db' });
    expect(sent).toHaveLength(0);
    platform.clock.advance(180_000);
    await noticeStateChange(platform, { store: 'orders-db' });
    expect(sent).toHaveLength(1);
  });

  test('eight looks at once - one message', async () => {
    await settled('completed');
    await platform.catalog.transact([
      ...createBackupWrites(aBackupRecord({ id: 'bkp_9', status: 'failed', cause: aCause() })),
    ]);

    await Promise.all(Array.from({ length: 8 }, () => noticeStateChange(platform, { backupId: 'bkp_9' })));

    expect(sent).toHaveLength(1);
  });

  test('the catalog is down - the caller hears nothing', async () => {
    const broken = {
      ...platform,
      catalog: { ...platform.catalog, get: () => Promise.reject(new Error('down')) },
    } as unknown as TestPlatform;

    await expect(noticeStateChange(broken, { backupId: 'bkp_1' })).resolves.toBeUndefined();
  });

  test('in Russian - every line is', async () => {
    await settled('completed');
    await platform.catalog.transact([
      ...createBackupWrites(aBackupRecord({ id: 'bkp_9', status: 'failed', cause: aCause() })),
    ]);

    await noticeStateChange(platform, { backupId: 'bkp_9' }, 'ru');

    expect(sent[0]?.notice.subject).toBe('сбой резервного копирования: orders/orders-db');
    expect(sent[0]?.notice.lines[1]).toMatch(/^Всё ещё можно восстановить на/);
    expect(sent[0]?.notice.lines[2]).toContain('Программа выгрузки завершилась с ошибкой');
  });

  test('a brace in a message - is text, never a place for a value', async () => {
    await settled('completed');
    await settled('failed', { cause: aCause({ message: 'unable to read {goal} of {store}' }) });

    expect(sent[0]?.notice.lines[2]).toContain('unable to read {goal} of {store}');
  });
});
