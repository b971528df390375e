// The API over a whole platform: real routes, machines, steps and catalog; only time, bytes and the source are in memory.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { aStorePolicy } from '../builders/store-policy.ts';
import { testPlatform } from '../flows/test-platform.ts';
import type { TestPlatform } from '../flows/test-platform.ts';
import { apiCaller } from './api-caller.ts';
import type { CallApi } from './api-caller.ts';

/** Waiting machines move the test clock by hours: the goal is far above that. */
const GOAL_SECONDS = 30 * 24 * 3600;

let platform: TestPlatform;
let call: CallApi;

beforeEach(() => {
  platform = testPlatform({
    policies: [aStorePolicy({ rpoSeconds: GOAL_SECONDS }), aStorePolicy({ store: 'cache-db', service: 'cache' })],
  });
  call = apiCaller(platform);
});
afterEach(async () => await platform.close());

const backUp = async (store = 'orders-db'): Promise<string> => {
  const accepted = await call('POST', '/api/v1/backup/trigger/full', { body: { stores: [store] } });
  expect(accepted.status).toBe(202);
  await platform.flows.drain();
  return accepted.body.operations[0].id;
};

describe('backups through the API', () => {
  test('trigger - 202 with Location, and the operation ends as succeeded', async () => {
    const accepted = await call('POST', '/api/v1/backup/trigger/full', { body: { stores: ['orders-db'] } });

    expect(accepted.status).toBe(202);
    const location = accepted.headers['location'] as string;
    expect(location).toBe(`/api/v1/operations/${accepted.body.operations[0].id}`);
    await platform.flows.drain();
    const operation = await call('GET', location);
    expect(operation.body).toMatchObject({
      kind: 'backup',
      store: 'orders-db',
      status: 'succeeded',
      phase: 'completed',
    });
  });

  test('trigger without stores - every store is backed up', async () => {
    const accepted = await call('POST', '/api/v1/backup/trigger/full', { body: {} });

    expect(accepted.body.operations.map((operation: { store: string }) => operation.store)).toEqual([
      'orders-db',
      'cache-db',
    ]);
    await platform.flows.drain();
  });

  test('one store is busy - the other one is accepted, and the refusal stands beside it', async () => {
    const body = { stores: ['orders-db'] };
    // The first runs, the second waits: a store that waits is busy.
    for (let i = 0; i < 2; i++) await call('POST', '/api/v1/backup/trigger/full', { body });

    const answer = await call('POST', '/api/v1/backup/trigger/full', { body: { stores: ['orders-db', 'cache-db'] } });

    expect(answer.status).toBe(202);
    expect(answer.body.operations.map((operation: { store: string }) => operation.store)).toEqual(['cache-db']);
    expect(answer.body.refused).toEqual([expect.objectContaining({ store: 'orders-db', code: 'SOURCE_BUSY' })]);
    await platform.flows.drain();
  });

  test('only busy stores - 409 SOURCE_BUSY', async () => {
    const body = { stores: ['orders-db'] };
    for (let i = 0; i < 2; i++) await call('POST', '/api/v1/backup/trigger/full', { body });

    const answer = await call('POST', '/api/v1/backup/trigger/full', { body });

    expect(answer.status).toBe(409);
    expect(answer.headers['retry-after']).toBe('5');
    await platform.flows.drain();
  });

  test('one unknown store among known ones - 404, and nothing was begun', async () => {
    const answer = await call('POST', '/api/v1/backup/trigger/full', { body: { stores: ['orders-db', 'nope'] } });

    expect(answer.status).toBe(404);
    expect((await call('GET', '/api/v1/stores/orders-db/backups')).body.items).toEqual([]);
  });

  test('a completed backup - shown with verified copies, passed checks and no inner object keys', async () => {
    const id = await backUp();

    const { body, text } = await call('GET', `/api/v1/backup/status/${id}`);

    expect(body).toMatchObject({ id, status: 'completed', operation: { status: 'succeeded' } });
    expect(body.copies.every((copy: { verifiedAt?: string }) => copy.verifiedAt !== undefined)).toBe(true);
    expect(text).not.toContain('sha256');
  });

  test('a source that fails - the backup shows its cause with code, title and hint', async () => {
    platform.scripted.onDump = () => {
      throw Object.assign(new Error('disk on fire'), { name: 'DumpToolFailed' });
    };
    const id = await backUp();

    const { body } = await call('GET', `/api/v1/backup/status/${id}`, { headers: { 'accept-language': 'ru' } });

    expect(body.status).toBe('failed');
    expect(body.cause).toMatchObject({ code: 'DUMP_TOOL_FAILED', title: 'Программа выгрузки завершилась с ошибкой' });
    expect(body.operation.status).toBe('failed');
  });

  test('an unknown store - 404 in the error form, in the language asked for', async () => {
    const answer = await call('POST', '/api/v1/backup/trigger/full', {
      body: { stores: ['nope'] },
      headers: { 'accept-language': 'ru-RU,ru;q=0.9,en;q=0.8' },
    });

    expect(answer.status).toBe(404);
    expect(answer.body.errors).toEqual([{ code: 'NOT_FOUND', title: 'Не найдено', detail: expect.any(String) }]);
  });

  test('a type that the method cannot make - 501 CAPABILITY_UNSUPPORTED', async () => {
    const answer = await call('POST', '/api/v1/backup/trigger/differential', { body: { stores: ['orders-db'] } });

    expect(answer.status).toBe(501);
    expect(answer.body.errors[0].code).toBe('CAPABILITY_UNSUPPORTED');
  });

  test('an increment on the newest backup - accepted; on an older one - 501', async () => {
    const older = await backUp();
    const newer = await backUp();

    expect((await call('POST', `/api/v1/backup/incremental/${newer}`)).status).toBe(202);
    await platform.flows.drain();
    expect((await call('POST', `/api/v1/backup/incremental/${older}`)).status).toBe(501);
  });

  test('backups of a store - paged newest first, every backup once', async () => {
    const ids = [await backUp(), await backUp(), await backUp()];

    const first = await call('GET', '/api/v1/stores/orders-db/backups?limit=2');
    const second = await call('GET', `/api/v1/stores/orders-db/backups?limit=2&after=${first.body.next}`);

    const seen = [...first.body.items, ...second.body.items].map((item: { id: string }) => item.id);
    expect(seen).toEqual(ids.toReversed());
    expect(second.body.next).toBeUndefined();
  });
});

describe('idempotency keys', () => {
  test('the same key and body - the same answer, one backup', async () => {
    const send = () =>
      call('POST', '/api/v1/backup/trigger/full', {
        body: { stores: ['orders-db'] },
        headers: { 'idempotency-key': 'k-1' },
      });

    const first = await send();
    await platform.flows.drain();
    const second = await send();

    expect(second.body).toEqual(first.body);
    expect(second.status).toBe(202);
    expect(second.headers['location']).toBe(first.headers['location']);
    expect((await call('GET', '/api/v1/stores/orders-db/backups')).body.items).toHaveLength(1);
  });

  test('the same key and another body - 409 IDEMPOTENCY_CONFLICT', async () => {
    await call('POST', '/api/v1/backup/trigger/full', {
      body: { stores: ['orders-db'] },
      headers: { 'idempotency-key': 'k-2' },
    });

    const answer = await call('POST', '/api/v1/backup/trigger/full', {
      body: { stores: ['cache-db'] },
      headers: { 'idempotency-key': 'k-2' },
    });

    expect(answer.status).toBe(409);
    expect(answer.body.errors[0]).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      source: { parameter: 'Idempotency-Key' },
    });
    await platform.flows.drain();
  });

  test('two callers with one key - two requests', async () => {
    const send = (as: 'backup_admin' | 'backup_operator', store: string) =>
      call('POST', '/api/v1/backup/trigger/full', {
        as,
        body: { stores: [store] },
        headers: { 'idempotency-key': 'shared' },
      });

    expect((await send('backup_admin', 'orders-db')).status).toBe(202);
    expect((await send('backup_operator', 'cache-db')).status).toBe(202);
    await platform.flows.drain();
  });

  test('a refused request - the mended one may use its key again', async () => {
    const headers = { 'idempotency-key': 'k-3' };
    const refused = await call('POST', '/api/v1/backup/incremental/bkp_00000000000000000000000000', { headers });
    expect(refused.status).toBe(404);

    const again = await call('POST', '/api/v1/backup/incremental/bkp_00000000000000000000000000', { headers });

    expect(again.status).toBe(404);
  });
});

describe('restores through the API', () => {
  const target = { kind: 'directory', path: '/restore/here' };

  test('plan, run, proof - the recovery ends as completed and says what was compared', async () => {
    await backUp();
    const plan = await call('POST', '/api/v1/recovery/plan', { body: { store: 'orders-db', target } });
    expect(plan.status).toBe(201);
    expect(plan.body).toMatchObject({ store: 'orders-db', needsConfirmation: false });

    const started = await call('POST', '/api/v1/recovery/run', { body: { planId: plan.body.id } });
    await platform.flows.drain();

    const recovery = await call('GET', `/api/v1/recovery/status/${started.body.recoveryId}`);
    expect(recovery.body).toMatchObject({ status: 'completed', proof: { equal: true } });
    expect((await call('GET', started.headers['location'] as string)).body).toMatchObject({
      kind: 'recovery',
      status: 'succeeded',
    });
  });

  test('in place without the typed name - 409 CONFIRMATION_REQUIRED, also with another name', async () => {
    await backUp();
    const plan = await call('POST', '/api/v1/recovery/plan', {
      body: { store: 'orders-db', target: { kind: 'in-place' } },
    });
    expect(plan.body.needsConfirmation).toBe(true);

    for (const confirm of [undefined, 'yes', 'orders', 'ORDERS-DB']) {
      const answer = await call('POST', '/api/v1/recovery/run', {
        body: { planId: plan.body.id, ...(confirm !== undefined && { confirm }) },
      });
      expect(answer.status).toBe(409);
      expect(answer.body.errors[0].code).toBe('CONFIRMATION_REQUIRED');
    }
  });

  test('a plan older than ten minutes - 409 PLAN_EXPIRED', async () => {
    await backUp();
    const plan = await call('POST', '/api/v1/recovery/plan', { body: { store: 'orders-db', target } });

    platform.clock.advance(11 * 60_000);

    expect((await call('POST', '/api/v1/recovery/run', { body: { planId: plan.body.id } })).body.errors[0].code).toBe(
      'PLAN_EXPIRED',
    );
  });

  test('a secret in connection settings - 400 and the secret is not repeated', async () => {
    const body = { store: 'orders-db', target: { kind: 'database', settings: { url: 'postgres://u:hunter2@h/db' } } };

    const answer = await call('POST', '/api/v1/recovery/plan', { body });

    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('hunter2');
    expect(answer.body.errors[0].source.pointer).toBe('/target/settings/url');
  });

  test('selective without a selection - 400 at /options', async () => {
    await backUp();

    const answer = await call('POST', '/api/v1/recovery/selective', { body: { store: 'orders-db', target } });

    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].source.pointer).toBe('/options');
  });

  test('selective with a path - plans and runs in one call', async () => {
    await backUp();
    const [path] = platform.scripted.content.values().next().value!.keys();

    const answer = await call('POST', '/api/v1/recovery/selective', {
      body: { store: 'orders-db', target, options: { selectedFiles: [path] } },
    });

    expect(answer.status).toBe(202);
    await platform.flows.drain();
    expect((await call('GET', `/api/v1/recovery/status/${answer.body.recoveryId}`)).body).toMatchObject({
      type: 'selective',
    });
  });

  test('cancel - the recovery is aborted and its operation stopped; cancelling again changes nothing', async () => {
    await backUp();
    const plan = await call('POST', '/api/v1/recovery/plan', { body: { store: 'orders-db', target } });
    const { body } = await call('POST', '/api/v1/recovery/run', { body: { planId: plan.body.id } });

    for (let i = 0; i < 2; i++)
      expect((await call('POST', `/api/v1/recovery/cancel/${body.recoveryId}`)).status).toBe(202);

    expect((await call('GET', `/api/v1/operations/${body.recoveryId}`)).body).toMatchObject({
      status: 'stopped',
      cause: { code: 'EXECUTION_STOPPED' },
    });
    await platform.flows.drain();
  });

  test('available backups - only restorable ones', async () => {
    const good = await backUp();
    platform.scripted.onDump = () => {
      throw Object.assign(new Error('no'), { name: 'DumpIncomplete' });
    };
    await backUp();

    const answer = await call('GET', '/api/v1/recovery/available-backups?store=orders-db');

    expect(answer.body.items.map((item: { id: string }) => item.id)).toEqual([good]);
  });
});

describe('validations through the API', () => {
  test('integrity - runs, and stands in the report of the backup', async () => {
    const id = await backUp();

    const started = await call('POST', `/api/v1/validation/integrity/${id}`);
    await platform.flows.drain();

    const validation = await call('GET', `/api/v1/validation/status/${started.body.validationId}`);
    expect(validation.body).toMatchObject({ status: 'completed', result: { verdict: 'passed' } });
    expect((await call('GET', `/api/v1/validation/report/${id}`)).body).toMatchObject({
      isRestorable: true,
      results: [{ kind: 'integrity' }],
    });
  });

  test('verify-all - one operation for every restorable backup', async () => {
    await backUp('orders-db');
    await backUp('cache-db');

    const answer = await call('POST', '/api/v1/validation/verify-all');

    expect(answer.body.operations).toHaveLength(2);
    await platform.flows.drain();
  });
});

describe('coverage through the API', () => {
  test('nothing backed up - every store is unprotected, none is met', async () => {
    const { body } = await call('GET', '/api/v1/coverage');

    expect(body.counts).toMatchObject({ met: 0, unprotected: 2 });
    expect(body.stores[0].rpo.nowSeconds).toBeUndefined();
  });

  test('after a backup - that store is met, with its newest point and both copies', async () => {
    const id = await backUp();

    const { body } = await call('GET', '/api/v1/stores/orders-db');

    expect(body).toMatchObject({ state: 'met', newestPoint: { backupId: id }, copies: { found: 2, demanded: 2 } });
  });

  test('after the goal has passed - missed, and the diagnosis says so in Russian', async () => {
    await backUp();
    platform.clock.advance((GOAL_SECONDS + 1) * 1000);

    const { body } = await call('GET', '/api/v1/stores/orders-db/diagnosis', { headers: { 'accept-language': 'ru' } });

    expect(body.state.state).toBe('missed');
    expect(body.headline).toContain('старше цели');
    expect(body.commands).toContain('holdfast backup now orders-db --wait');
  });
});

describe('schedules through the API', () => {
  test('created, listed, changed, deleted', async () => {
    const made = await call('POST', '/api/v1/backup/schedule', {
      body: { store: 'orders-db', cron: '0 3 * * *', timeZone: 'Europe/Moscow' },
    });
    expect(made.status).toBe(201);
    const path = `/api/v1/backup/schedules/${made.body.id}`;

    expect((await call('GET', '/api/v1/backup/schedules')).body.items).toContainEqual(
      expect.objectContaining({ id: made.body.id, origin: 'api' }),
    );
    expect((await call('PUT', path, { body: { cron: '30 4 * * *' } })).body).toMatchObject({
      cron: '30 4 * * *',
      timeZone: 'Europe/Moscow',
    });
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', '/api/v1/backup/schedules')).body.items).toEqual([]);
  });

  test('six cron fields - 422 INVALID_CRON', async () => {
    const answer = await call('POST', '/api/v1/backup/schedule', { body: { store: 'orders-db', cron: '0 0 3 * * *' } });

    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].code).toBe('INVALID_CRON');
  });
});

describe('the audit log through the API', () => {
  test('every entry in order, and the chain verifies to its head', async () => {
    await backUp();

    const log = await call('GET', '/api/v1/compliance/audit-log?chain=orders-db');
    const head = await call('GET', '/api/v1/compliance/audit-log/head?chain=orders-db');

    expect(log.body.items[0]).toMatchObject({ sequence: 1, action: 'backup_queued', actor: 'test:owner' });
    expect(head.body).toMatchObject({ entries: log.body.items.length, head: log.body.items.at(-1).hash });
  });

  test('a refused call - stands in the platform chain', async () => {
    await call('POST', '/api/v1/recovery/plan', { as: 'read_only', body: {} });

    const { body } = await call('GET', '/api/v1/compliance/audit-log');

    expect(body.items).toContainEqual(
      expect.objectContaining({ action: 'access_denied', actor: 'test:read_only', subject: 'planRecovery' }),
    );
  });

  test('paged - the pages together are the whole chain', async () => {
    await backUp();
    const whole = await call('GET', '/api/v1/compliance/audit-log?chain=orders-db');

    const items: unknown[] = [];
    let after: string | undefined;
    do {
      const page = await call(
        'GET',
        `/api/v1/compliance/audit-log?chain=orders-db&limit=3${after === undefined ? '' : `&after=${after}`}`,
      );
      items.push(...page.body.items);
      after = page.body.next;
    } while (after !== undefined);

    expect(items).toEqual(whole.body.items);
  });
});

describe('the platform itself', () => {
  test('health and readiness - public; readiness fails with the catalog', async () => {
    expect((await call('GET', '/healthz', { as: 'nobody' })).status).toBe(200);
    expect((await call('GET', '/readyz', { as: 'nobody' })).status).toBe(200);

    const down = apiCaller({
      ...platform,
      catalog: { ...platform.catalog, get: () => Promise.reject(new Error('gone')) },
    });

    expect((await down('GET', '/healthz', { as: 'nobody' })).status).toBe(200);
    expect((await down('GET', '/readyz', { as: 'nobody' })).status).toBe(503);
  });

  test('policies - in force, without connection data', async () => {
    const secretive = testPlatform({ policies: [aStorePolicy({ source: { host: 'db.internal', user: 'backup' } })] });

    const answer = await apiCaller(secretive)('GET', '/api/v1/policies', { as: 'read_only' });

    expect(answer.body.stores[0]).toMatchObject({ store: 'orders-db', rpoSeconds: 3600 });
    expect(answer.text).not.toContain('db.internal');
    await secretive.close();
  });

  test('a configuration with a mistake - its problem with line and caret, nothing applied', async () => {
    const { body } = await call('POST', '/api/v1/policies/validate', { body: { text: 'version: 1\ntimezon: UTC\n' } });

    expect(body.isValid).toBe(false);
    expect(body.problems.map((problem: { formatted: string }) => problem.formatted).join('\n')).toContain('timezon');
  });

  test('checkup - every location and store answers', async () => {
    const { body } = await call('POST', '/api/v1/checkup');

    expect(body.checks).toContainEqual(expect.objectContaining({ subject: 'store orders-db', verdict: 'ok' }));
  });

  test('the OpenAPI document - served to everybody and complete', async () => {
    const { body } = await call('GET', '/openapi.json', { as: 'nobody' });

    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toContain('/api/v1/recovery/plan');
  });

  test('an unexpected error - 500 without its words, which the log keeps under the request id', async () => {
    const broken = apiCaller(platform, { storeStates: () => Promise.reject(new Error('secret path /srv/x')) });

    const answer = await broken('GET', '/api/v1/coverage');

    expect(answer.status).toBe(500);
    expect(answer.body.errors[0].code).toBe('INTERNAL');
    expect(answer.text).not.toContain('/srv/x');
    expect(answer.text).toContain('req_test');
    expect(answer.text).not.toContain('at ');
  });
});
