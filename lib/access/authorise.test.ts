// Tests that a refusal is audited before it is told, and that strangers cannot fill the catalog with refusals.

import { afterEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { testPlatform } from '../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../test/flows/test-platform.ts';
import { listAudit } from '../records/audit.ts';
import { authorise } from './authorise.ts';
import { makeToken } from './token.ts';

const anna = makeToken({ id: 'operator:anna', roles: ['backup_operator'] }, randomBytes);

let platform: TestPlatform;
afterEach(async () => await platform.close());

const denials = async () => (await listAudit(platform.catalog, { chain: 'platform' })).items;

describe('authorise', () => {
  test('a token with the permission - its principal, and no audit entry', async () => {
    platform = testPlatform();

    const principal = await authorise(platform, [anna], {
      authorization: `Bearer ${anna.token}`,
      permission: 'create_backup',
      operation: 'triggerBackup',
    });

    expect(principal).toEqual({ id: 'operator:anna', roles: ['backup_operator'] });
    expect(await denials()).toEqual([]);
  });

  test('a token without the permission - Forbidden, audited with principal, operation and reason', async () => {
    platform = testPlatform();
    const request = {
      authorization: `Bearer ${anna.token}`,
      permission: 'restore_data',
      operation: 'runRecovery',
    } as const;

    await expect(authorise(platform, [anna], request)).rejects.toMatchObject({ name: 'Forbidden' });

    const [entry] = await denials();
    expect(entry).toMatchObject({ action: 'access_denied', actor: 'operator:anna', subject: 'runRecovery' });
    expect(entry?.details['permission']).toBe('restore_data');
    expect(JSON.stringify(entry)).not.toContain(anna.token);
  });

  test.each([
    undefined,
    '',
    'Basic YTpi',
    'Bearer',
    'Bearer wrong',
    `bearer ${anna.token}x`,
    `Bearer ${'a'.repeat(600)}`,
  ])('authorization %p - Unauthenticated', async (authorization) => {
    platform = testPlatform();

    await expect(
      authorise(platform, [anna], { authorization, permission: 'view_backups', operation: 'getCoverage' }),
    ).rejects.toMatchObject({
      name: 'Unauthenticated',
    });
  });

  test('a thousand strangers in a minute - at most one entry in the audit log, none waits', async () => {
    platform = testPlatform();
    const knock = () =>
      authorise(platform, [anna], { authorization: 'Bearer x', permission: 'view_backups', operation: 'getCoverage' });

    for (let i = 0; i < 1000; i++) await expect(knock()).rejects.toMatchObject({ name: 'Unauthenticated' });

    expect((await denials()).length).toBeLessThanOrEqual(1);
  });

  test('the catalog is down - still refused, never let in', async () => {
    platform = testPlatform();
    const broken = {
      ...platform,
      catalog: { ...platform.catalog, get: () => Promise.reject(new Error('down')) },
    } as unknown as TestPlatform;

    await expect(
      authorise(broken, [anna], {
        authorization: `Bearer ${anna.token}`,
        permission: 'restore_data',
        operation: 'runRecovery',
      }),
    ).rejects.toMatchObject({ name: 'Forbidden' });
  });
});
