// The machine "backup", really executed: from the queue to completed, and every way it may end otherwise.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import { listAudit, verifyAuditChain } from '../../lib/records/audit.ts';
import { loadBackup } from '../../lib/records/backups.ts';
import { raiseFence } from '../../lib/records/fence.ts';
import { dispatch } from '../../lib/scheduling/dispatch.ts';
import { requestBackup } from '../../lib/scheduling/request-backup.ts';
import { testPlatform } from './test-platform.ts';
import type { TestPlatform } from './test-platform.ts';

let platform: TestPlatform;

beforeEach(() => {
  platform = testPlatform();
});

afterEach(async () => {
  await platform.close();
});

async function backUp(store = 'orders-db') {
  const { backups } = await requestBackup(platform, { stores: [store], requestedBy: 'test', trigger: 'http' });
  await dispatch(platform);
  await platform.flows.drain();
  return await loadBackup(platform.catalog, backups[0]?.backupId ?? '');
}

describe('backup', () => {
  it('a sound source - ends completed with two verified copies, every check passed and an unbroken audit chain', async () => {
    const record = await backUp();

    expect(record.cause).toBeUndefined();
    expect(record.status).toBe('completed');
    expect(record.copies.map((copy) => copy.location).toSorted()).toEqual(['primary', 'second']);
    expect(record.copies.every((copy) => copy.verifiedAt !== undefined && copy.presentAt !== undefined)).toBe(true);
    expect(record.checks.length).toBeGreaterThan(0);
    expect(record.checks.every((check) => check.verdict === 'pass')).toBe(true);
    const { items } = await listAudit(platform.catalog, { chain: 'orders-db' });
    expect(items.map((entry) => entry.action)).toContain('backup_completed');
    expect((await verifyAuditChain(platform.catalog, 'orders-db')).entries).toBe(items.length);
  });

  it('an unchanged source backed up twice - the second stores next to nothing and completes too', async () => {
    const first = await backUp();
    const second = await backUp();

    expect(second.status).toBe('completed');
    expect(second.compressedSize).toBeLessThan(first.compressedSize / 2);
  });

  it('a dump that fails each time - fails after three attempts with the tool error as its cause, and a person is told', async () => {
    platform.scripted.onDump = () => {
      throw new HoldfastError('DumpToolFailed', 'the tool ended with code 1');
    };

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('DumpToolFailed');
    expect(platform.notices.length).toBe(1);
  });

  it('a worker that vanishes - the next attempt completes the backup', async () => {
    platform.workers.loseNext = 1;

    const record = await backUp();

    expect(record.status).toBe('completed');
    expect(record.units.some((unit) => unit.attempt.endsWith('.2'))).toBe(true);
  });

  it('workers that vanish again and again, as on a machine that is restarted - the backup completes all the same', async () => {
    platform.workers.loseNext = 8;

    const record = await backUp();

    expect(record.status).toBe('completed');
  });

  it('workers that always vanish - fails as lost, within the bound', async () => {
    platform.workers.loseNext = 1000;

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('WorkerLost');
  });

  it('a worker that goes past a limit - fails at once and says so, because the next one would need as much', async () => {
    platform.workers.areOverLimit = true;

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('WorkerLimitExceeded');
  });

  it('a wrong password - fails at once, without further attempts', async () => {
    let probes = 0;
    platform.scripted.onProbe = () => {
      probes++;
      throw new HoldfastError('SourceAuthenticationFailed', 'password refused');
    };

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('SourceAuthenticationFailed');
    expect(probes).toBe(1);
  });

  it('another server answers between plan and dump - never completes', async () => {
    let probes = 0;
    platform.scripted.onProbe = () => {
      probes++;
      platform.scripted.identity = probes === 1 ? 'first' : 'second';
    };

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('SourceChanged');
  });

  it('a newer writer takes the repository over during the dump (trap 38) - the late backup is aborted and completes nothing', async () => {
    platform.scripted.onDump = async () => {
      const raised = await raiseFence(platform.catalog, 'orders-db', 'a newer writer');
      await platform.catalog.transact([raised.write]);
    };

    const record = await backUp();

    expect(record.status).toBe('aborted');
    expect(record.cause?.name).toBe('FenceLost');
  });

  it('a copy in an unknown country under a residency rule - is quarantined with its evidence', async () => {
    await platform.close();
    platform = testPlatform({
      countries: { primary: 'RU', second: undefined },
      policies: [
        (await import('../builders/store-policy.ts')).aStorePolicy({
          dataType: 'user_data',
          rules: (await import('../../lib/compliance/rule-packs/rule-packs.ts')).RULE_PACKS['ru-152-fz'] ?? [],
        }),
      ],
    });

    const record = await backUp();

    expect(record.status).toBe('quarantined');
    expect(record.checks.some((check) => check.verdict !== 'pass')).toBe(true);
    expect(record.cause?.name).toBe('ComplianceFailed');
  });

  it('the second location is full - fails, because a missing replica is not completed', async () => {
    const second = platform.stores.get('second');
    if (second === undefined) throw new Error('no second store');
    second.before = (operation) => {
      if (operation === 'put') throw new HoldfastError('StorageFull', 'no space left');
    };

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('StorageFull');
  });

  it('a byte flips between upload and verification - ends corrupted, never completed', async () => {
    const primary = platform.stores.get('primary');
    if (primary === undefined) throw new Error('no primary store');
    primary.after = (operation, key) => {
      if (operation !== 'put' || !key.includes('/points/')) return;
      const pack = primary.keys().find((candidate) => candidate.includes('/packs/'));
      if (pack === undefined) throw new Error('no pack');
      primary.tamper(pack, (bytes) => {
        const changed = Buffer.from(bytes);
        changed[Math.floor(changed.length / 2)]! ^= 1;
        return changed;
      });
    };

    const record = await backUp();

    expect(record.status).toBe('corrupted');
    expect(record.cause?.name).toBe('IntegrityViolation');
  });

  it('an older pack that a new backup needs is missing - is not completed', async () => {
    await backUp();
    const primary = platform.stores.get('primary');
    primary?.lose(primary.keys().find((key) => key.includes('/packs/')) ?? '');

    const record = await backUp();

    expect(record.status).toBe('failed');
    expect(record.cause?.name).toBe('CopyMissing');
  });

  it('an older pack that nobody has read for longer than the policy allows, and that has gone bad - is read again, and the new backup ends corrupted', async () => {
    await backUp();
    const primary = platform.stores.get('primary');
    const pack = primary?.keys().find((key) => key.includes('/packs/')) ?? '';
    const attempt = pack.split('/').at(-2);
    primary?.tamper(pack, (bytes) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(changed.length >> 1) ^ 1, changed.length >> 1);
      return changed;
    });
    platform.clock.advance(31 * 24 * 3_600_000);

    const record = await backUp();
    const next = await backUp();

    expect(record.status).toBe('corrupted');
    // One bad pack must not stop all backups for ever: the next one stores that content anew.
    expect(next.status).toBe('completed');
    expect(next.units.flatMap((unit) => unit.needsAttempts)).not.toContain(attempt);
  });

  it('older packs read within the policy days - are not read again, and their date stands on the record', async () => {
    const first = await backUp();
    platform.clock.advance(20 * 24 * 3_600_000);

    const second = await backUp();

    const verifiedAt = second.copies.find((copy) => copy.location === 'primary')?.verifiedAt ?? '';
    expect(second.status).toBe('completed');
    expect(Date.parse(verifiedAt)).toBeLessThan(Date.parse(second.startTime ?? ''));
    expect(Date.parse(verifiedAt)).toBeGreaterThanOrEqual(Date.parse(first.startTime ?? ''));
  });
});
