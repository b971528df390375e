// The machines "recovery" and "validation", really executed over a completed backup.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { BackupRecord } from '../../lib/domain/backup-record.ts';
import { resultOf } from '../../lib/jobs/results.ts';
import { loadBackup } from '../../lib/records/backups.ts';
import { planRecovery } from '../../lib/recovery/plan-recovery.ts';
import { loadRecovery } from '../../lib/recovery/recoveries.ts';
import { cancelRecovery, requestRecovery } from '../../lib/recovery/request-recovery.ts';
import { dispatch } from '../../lib/scheduling/dispatch.ts';
import { requestBackup } from '../../lib/scheduling/request-backup.ts';
import { requestValidation } from '../../lib/validation/request-validation.ts';
import { loadValidation } from '../../lib/validation/validations.ts';
import { testPlatform } from './test-platform.ts';
import type { TestPlatform } from './test-platform.ts';

let platform: TestPlatform;
let record: BackupRecord;
let target: string;

beforeEach(async () => {
  platform = testPlatform();
  target = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-recovery-')), 'new');
  const { backups } = await requestBackup(platform, { stores: ['orders-db'], requestedBy: 'test', trigger: 'http' });
  await dispatch(platform);
  await platform.flows.drain();
  record = await loadBackup(platform.catalog, backups[0]?.backupId ?? '');
});

afterEach(async () => {
  await platform.close();
});

async function recover(options: { confirm?: string; inPlace?: boolean } = {}) {
  const plan = await planRecovery(platform, {
    store: 'orders-db',
    target: options.inPlace === true ? { kind: 'in-place' } : { kind: 'directory', path: target },
    options: {},
    requestedBy: 'test',
  });
  const request = await requestRecovery(platform, {
    planId: plan.id,
    requestedBy: 'test',
    ...(options.confirm !== undefined && { confirm: options.confirm }),
  });
  await platform.flows.drain();
  return await loadRecovery(platform.catalog, request.id);
}

function tamperPack(location: string): void {
  const store = platform.stores.get(location);
  const pack = store?.keys().find((key) => key.includes('/packs/'));
  if (store === undefined || pack === undefined) throw new Error('no pack to tamper with');
  store.tamper(pack, (bytes) => {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(200) ^ 1, 200);
    return changed;
  });
}

describe('recovery', () => {
  it('a completed backup - every file comes back equal, the proof stands on the request, the lease is returned', async () => {
    const request = await recover();

    expect(request.cause).toBeUndefined();
    expect(request.status).toBe('completed');
    expect(request.proof).toMatchObject({ equal: true, compared: 8 });
    const restored = platform.scripted.targets.get(target);
    for (const [unit, files] of platform.scripted.content) {
      for (const [name, bytes] of files) expect(restored?.files.get(`${unit}/${name}`)?.equals(bytes)).toBe(true);
    }
    expect((await loadBackup(platform.catalog, record.id)).restoreLeases).toEqual([]);
  });

  it('a flipped byte in the copy that is read - fails by name and never looks healthy', async () => {
    tamperPack('primary');

    const request = await recover();

    expect(request.status).toBe('failed');
    expect(request.cause?.name).toBe('IntegrityViolation');
    expect(platform.scripted.targets.get(target)?.healthy ?? false).toBe(false);
  });

  it('in place without the typed name - is refused by the server (trap 56)', async () => {
    await expect(recover({ inPlace: true })).rejects.toMatchObject({ name: 'ConfirmationRequired' });
    await expect(recover({ inPlace: true, confirm: 'orders' })).rejects.toMatchObject({ name: 'ConfirmationRequired' });
  });

  it('a plan older than its term - is refused', async () => {
    const plan = await planRecovery(platform, {
      store: 'orders-db',
      target: { kind: 'directory', path: target },
      options: {},
      requestedBy: 'test',
    });
    platform.clock.advance(11 * 60_000);

    await expect(requestRecovery(platform, { planId: plan.id, requestedBy: 'test' })).rejects.toMatchObject({
      name: 'PlanExpired',
    });
  });

  it('a running restore is cancelled - its worker is ended before the lease goes back, and a late result counts for nothing', async () => {
    const plan = await planRecovery(platform, {
      store: 'orders-db',
      target: { kind: 'directory', path: target },
      options: {},
      requestedBy: 'test',
    });
    const hasBegun = Promise.withResolvers<undefined>();
    const mayGoOn = Promise.withResolvers<undefined>();
    platform.scripted.effect = async (_name, run) => {
      hasBegun.resolve(undefined);
      await mayGoOn.promise;
      return await run();
    };
    const leasesAtStop: number[] = [];
    const stop = platform.workers.stop;
    platform.workers.stop = async (jobId, attempt) => {
      leasesAtStop.push((await loadBackup(platform.catalog, record.id)).restoreLeases.length);
      await stop(jobId, attempt);
    };
    const request = await requestRecovery(platform, { planId: plan.id, requestedBy: 'test' });
    await hasBegun.promise;

    await cancelRecovery(platform, request.id);
    mayGoOn.resolve(undefined);
    // A promise cannot be killed: let the late worker come to its end, where it must find nothing to write.
    while ((await platform.workers.probe(`${request.id}/restore`, 1)) !== 'gone') await new Promise(setImmediate);
    await platform.flows.drain();

    expect(leasesAtStop).toEqual([1]);
    await expect(resultOf(platform.catalog, request.id, 'restore')).rejects.toThrow('has no result');
    expect((await loadRecovery(platform.catalog, request.id)).status).toBe('aborted');
    expect((await loadBackup(platform.catalog, record.id)).restoreLeases).toEqual([]);
  });

  it('a store without a backup - cannot be planned', async () => {
    await platform.close();
    platform = testPlatform();

    await expect(
      planRecovery(platform, {
        store: 'orders-db',
        target: { kind: 'directory', path: target },
        options: {},
        requestedBy: 'test',
      }),
    ).rejects.toMatchObject({ name: 'BackupNotRestorable' });
  });

  it('a worker that vanishes in the middle - the second attempt restores beside what the first left', async () => {
    platform.workers.loseNext = 1;

    const request = await recover();

    expect(request.status).toBe('completed');
  });
});

describe('validation', () => {
  async function validate(kind: 'integrity' | 'test-restore') {
    const { validationId } = await requestValidation(platform, { backupId: record.id, kind, requestedBy: 'test' });
    await platform.flows.drain();
    return {
      validation: await loadValidation(platform.catalog, validationId),
      after: await loadBackup(platform.catalog, record.id),
    };
  }

  it('sound copies - passed, every byte of both was read', async () => {
    const { validation, after } = await validate('integrity');

    expect(validation.result).toMatchObject({ verdict: 'passed' });
    expect(validation.result?.checkedBytes).toBeGreaterThan(0);
    expect(after.status).toBe('completed');
  });

  it('a flipped byte in the second copy - the record becomes corrupted, a person is told', async () => {
    tamperPack('second');

    const { validation, after } = await validate('integrity');

    expect(validation.result).toMatchObject({ verdict: 'failed', location: 'second' });
    expect(after.status).toBe('corrupted');
    expect(after.cause?.name).toBe('IntegrityViolation');
    expect(platform.notices.length).toBe(1);
  });

  it('one copy damaged, the other whole - the damaged one is marked, and a restore reads the whole one', async () => {
    tamperPack('primary');
    const { after } = await validate('integrity');

    const request = await recover();

    expect(after.status).toBe('corrupted');
    expect(after.copies.filter((copy) => copy.damagedAt !== undefined).map((copy) => copy.location)).toEqual([
      'primary',
    ]);
    expect(request.status).toBe('completed');
    expect(request.plan.location).toBe('second');
  });

  it('both copies damaged - there is nothing to restore from, and the plan says so', async () => {
    tamperPack('primary');
    tamperPack('second');
    const { after } = await validate('integrity');

    expect(after.copies.every((copy) => copy.damagedAt !== undefined)).toBe(true);
    await expect(recover()).rejects.toMatchObject({ name: 'BackupNotRestorable' });
  });

  it('a damaged inventory - is found as well', async () => {
    const store = platform.stores.get('second');
    store?.tamper(store.keys().find((key) => key.includes('/inventories/')) ?? '', (bytes) =>
      Buffer.concat([bytes, Buffer.from(' ')]),
    );

    const { after } = await validate('integrity');

    expect(after.status).toBe('corrupted');
  });

  it('a lost object - the record becomes corrupted', async () => {
    const store = platform.stores.get('second');
    store?.lose(store.keys().find((key) => key.includes('/manifests/')) ?? '');

    const { after } = await validate('integrity');

    expect(after.status).toBe('corrupted');
  });

  it('a test restore that loads - the record becomes validated', async () => {
    const { after } = await validate('test-restore');

    expect(after.status).toBe('validated');
    expect(after.validationResults.map((result) => result.kind)).toEqual(['test-restore']);
  });
});
