// Tests the route table as a whole: what is declared, who may call it, and that what is not built says so.

import { afterAll, describe, expect, test } from '@jest/globals';
import { apiCaller } from '../../../test/integration/api-caller.ts';
import { testPlatform } from '../../../test/flows/test-platform.ts';
import { GRANTS, PERMISSIONS, ROLES } from '../../access/permissions.ts';
import { routesByManager } from './all-routes.ts';
import { MANAGERS } from './managers.ts';
import type { Route } from './route.ts';

const routes: readonly Route[] = Object.values(routesByManager).flat();
const platform = testPlatform();
const call = apiCaller(platform);
afterAll(async () => await platform.close());

/** Every endpoint that 001 names. */
const OF_001 = [
  'POST /api/v1/backup/schedule',
  'GET /api/v1/backup/schedules',
  'PUT /api/v1/backup/schedules/{scheduleId}',
  'DELETE /api/v1/backup/schedules/{scheduleId}',
  'POST /api/v1/backup/trigger/{backupType}',
  'POST /api/v1/backup/database/{serviceId}',
  'POST /api/v1/backup/files/{path+}',
  'POST /api/v1/backup/incremental/{backupId}',
  'POST /api/v1/backup/snapshot',
  'GET /api/v1/backup/status/{backupId}',
  'POST /api/v1/recovery/point-in-time',
  'POST /api/v1/recovery/full-system',
  'POST /api/v1/recovery/selective',
  'GET /api/v1/recovery/status/{recoveryId}',
  'GET /api/v1/recovery/available-backups',
  'POST /api/v1/validation/integrity/{backupId}',
  'POST /api/v1/validation/test-restore/{backupId}',
  'GET /api/v1/validation/report/{backupId}',
  'POST /api/v1/validation/verify-all',
  'GET /api/v1/compliance/data-residency/{userId}',
  'POST /api/v1/compliance/retention-policy',
  'GET /api/v1/compliance/audit-log',
  'POST /api/v1/compliance/legal-hold',
];

/** A path with something in every place, so that the route is found; whether the thing exists does not matter here. */
const pathOf = (route: Route): string =>
  route.path
    .replace('{backupType}', 'full')
    .replaceAll(/\{(backupId|recoveryId|validationId|id)\}/g, 'bkp_00000000000000000000000000')
    .replaceAll(/\{\w+\+?\}/g, 'something');

describe('the route table', () => {
  test('every endpoint of 001 - declared', () => {
    const declared = routes.map((route) => `${route.method} ${route.path}`);

    expect(declared).toEqual(expect.arrayContaining(OF_001));
  });

  test('every route - has a known permission, and only health and the document are public', () => {
    for (const route of routes) expect([...PERMISSIONS, 'public']).toContain(route.permission);
    expect(routes.filter((route) => route.permission === 'public').map((route) => route.path)).toEqual([
      '/healthz',
      '/readyz',
      '/openapi.json',
    ]);
  });

  test('operation ids and method with path - unique', () => {
    expect(new Set(routes.map((route) => route.operationId)).size).toBe(routes.length);
    expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length);
  });

  test('a manager - owns the paths that begin with its name, the platform the rest', () => {
    for (const manager of MANAGERS.filter((name) => name !== 'platform')) {
      for (const route of routesByManager[manager]) expect(route.path.startsWith(`/api/v1/${manager}/`)).toBe(true);
    }
    for (const route of routesByManager.platform)
      expect(route.path).not.toMatch(/^\/api\/v1\/(backup|recovery|validation|compliance)\//);
  });

  test.each(routes.filter((route) => route.permission !== 'public'))(
    '$method $path without a token - 401',
    async (route) => {
      const answer = await call(route.method, pathOf(route), { as: 'nobody' });

      expect(answer.status).toBe(401);
      expect(answer.body.errors[0].code).toBe('UNAUTHENTICATED');
    },
  );

  test.each(routes.filter((route) => route.permission !== 'public'))(
    '$method $path by every role - 403 unless the table grants it',
    async (route) => {
      for (const role of ROLES) {
        const isGranted = (GRANTS[role] as readonly string[]).includes(route.permission);
        const answer = await call(route.method, pathOf(route), {
          as: role,
          ...(route.bodySchema !== undefined && { body: { surprise: true } }),
        });

        if (isGranted) expect(answer.status).not.toBe(403);
        else expect(answer.status).toBe(403);
      }
    },
  );

  test.each(routes.filter((route) => route.state === 'unsupported'))(
    '$method $path is not built - 501 in the error form, with what to use instead',
    async (route) => {
      const answer = await call(route.method, pathOf(route));

      expect(answer.status).toBe(501);
      expect(answer.body.errors[0]).toMatchObject({
        code: 'CAPABILITY_UNSUPPORTED',
        detail: expect.stringContaining('not built yet: '),
      });
    },
  );

  test.each(routes.filter((route) => route.bodySchema !== undefined && route.state === 'built'))(
    '$method $path with an unknown field - 400 at that field',
    async (route) => {
      const answer = await call(route.method, pathOf(route), { body: { surprise: true } });

      expect(answer.status).toBe(400);
      expect(answer.body.errors).toContainEqual(
        expect.objectContaining({ code: 'VALIDATION', source: { pointer: '/surprise' } }),
      );
    },
  );

  test.each(routes.filter((route) => route.method === 'GET' && route.state === 'built'))(
    '$method $path with an unknown parameter - 400 at that parameter',
    async (route) => {
      const answer = await call('GET', `${pathOf(route)}?surprise=1`);

      expect(answer.status).toBe(400);
      expect(answer.body.errors).toContainEqual(expect.objectContaining({ source: { parameter: 'surprise' } }));
    },
  );
});
