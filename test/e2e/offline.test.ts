// The same functions behind two gateways: serverless-offline with the deployed bundles, and the embedded server with the sources. Both
// serve one platform, and must give the same answers.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { routesByManager } from '../../lib/app/http/all-routes.ts';
import { LIMITS } from '../../lib/domain/limits.ts';
import { repositoryRoot } from '../../scripts/repository-root.ts';
import { scratchFolder, scratchPlatform } from './scratch-platform.ts';
import type { RunningPlatform, ScratchPlatform } from './scratch-platform.ts';

const START_SECONDS_MAX = 80;
const routes = Object.values(routesByManager).flat();

let folder: string;
let platform: ScratchPlatform;
let embedded: RunningPlatform;
let offline: { readonly url: string; readonly child: ChildProcess; readonly said: string[] };
let backupId: string;

beforeAll(async () => {
  folder = scratchFolder();
  const source = path.join(folder, 'source');
  mkdirSync(source);
  writeFileSync(path.join(source, 'letter.txt'), 'dear reader\n'.repeat(100));
  platform = await scratchPlatform(path.join(folder, 'platform'), { paths: [source] });
  [embedded, offline] = await Promise.all([platform.start(), startOffline()]);
  const made = await platform.run(['--json', 'backup', 'now', 'files', '--wait'], embedded.url);
  backupId = (JSON.parse(made.stdout) as { backups: { id: string }[] }).backups[0]?.id ?? '';
}, START_SECONDS_MAX * 1000);

afterAll(async () => {
  await Promise.all([platform.endAll(), endOffline()]);
  rmSync(folder, { recursive: true, force: true });
});

async function startOffline() {
  const [httpPort, lambdaPort] = [await freePort(), await freePort()];
  const ports = ['--http-port', String(httpPort), '--lambda-port', String(lambdaPort)];
  const child = spawn('npm', ['run', '--silent', 'offline', '--', '--config', platform.configFile, ...ports], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => void said.push(bytes.toString()));
  const url = `http://localhost:${httpPort}`;
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`npm run offline ended: ${said.join('')}`);
    await sleep(200);
  }
  return { url, child, said };
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    (response) => response.ok,
    () => false,
  );

async function endOffline(): Promise<void> {
  const { child } = offline;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // npm does not hand signals on to what its scripts started: the whole group is asked.
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface GivenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: unknown;
}

const COMPARED_HEADERS = [
  'content-type',
  'cache-control',
  'x-content-type-options',
  'content-security-policy',
  'retry-after',
];
/** What says when the question was asked, and not what the answer is. */
const MOMENTS: readonly string[] = ['asOf', 'nowSeconds', 'detailSeconds'];

async function ask(url: string, { method = 'GET', path: target, headers = {}, body }: Question): Promise<GivenAnswer> {
  const response = await fetch(`${url}${target}`, {
    method,
    headers: { authorization: `Bearer ${platform.token}`, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: Object.fromEntries(COMPARED_HEADERS.map((name) => [name, response.headers.get(name)])),
    body: JSON.parse(text, (key, value: unknown) => (MOMENTS.includes(key) ? undefined : value)) as unknown,
  };
}

/** The answer that both gave. */
async function askBoth(question: Question): Promise<GivenAnswer> {
  const [fromEmbedded, fromOffline] = [await ask(embedded.url, question), await ask(offline.url, question)];
  expect({ question, ...fromOffline }).toEqual({ question, ...fromEmbedded });
  return fromEmbedded;
}

const codesOf = ({ body }: GivenAnswer): readonly string[] =>
  (body as { errors: { code: string }[] }).errors.map(({ code }) => code);

/** Ids that exist where there are such things; the others are asked for in vain, which must be told the same way as well. */
function filled(routePath: string): string {
  const values: Readonly<Record<string, string>> = { store: 'files', backupId, id: backupId, userId: 'user-1' };
  const target = routePath.replaceAll(
    /\{(\w+)\+?\}/g,
    (_, name: string) => values[name] ?? 'rec_00000000000000000000000000',
  );
  return target.endsWith('/available-backups') ? `${target}?store=files` : target;
}

describe('npm run offline beside the embedded server', () => {
  it('every GET route - the same status, headers and body', async () => {
    const gets = routes.filter((route) => route.method === 'GET');

    const statuses = new Map<string, number>();
    // Read last: refused calls of other questions are in it.
    for (const route of gets.filter(({ operationId }) => !['listAuditLog', 'verifyAuditLog'].includes(operationId))) {
      statuses.set(route.operationId, (await askBoth({ path: filled(route.path) })).status);
    }
    for (const operation of ['listAuditLog', 'verifyAuditLog']) {
      const route = gets.find(({ operationId }) => operationId === operation);
      statuses.set(operation, (await askBoth({ path: `${route?.path ?? ''}?chain=files` })).status);
    }

    expect(statuses.size).toBe(gets.length);
    expect(Object.fromEntries(statuses)).toMatchObject({
      getCoverage: 200,
      getBackup: 200,
      listBackups: 200,
      listAvailableBackups: 200,
      listSchedules: 200,
      listAuditLog: 200,
      getOpenApi: 200,
      getHealth: 200,
      getRecovery: 404,
      getDataResidency: 501,
    });
  });

  it.each(Object.keys(routesByManager))('%s without a token, or with a wrong one - 401', async (manager) => {
    const route = routesByManager[manager as keyof typeof routesByManager].find(
      ({ permission }) => permission !== 'public',
    );
    const question = { method: route?.method ?? '', path: filled(route?.path ?? '') };

    for (const authorization of ['', 'Bearer hft_wrong', 'Basic dTpw']) {
      expect((await askBoth({ ...question, headers: { authorization } })).status).toBe(401);
    }
  });

  it.each(['/api/v1/backup/nothing', '/api/v1/recovery/', '/api/v1/nothing', '/nothing', '/'])(
    'unknown path %s - 404 in our form',
    async (target) => {
      const answer = await askBoth({ path: target });

      expect(answer.status).toBe(404);
      expect(codesOf(answer)).toEqual(['NOT_FOUND']);
    },
  );

  it('a method that a path does not have - 404 in our form', async () => {
    for (const method of ['DELETE', 'PATCH', 'PUT'])
      expect((await askBoth({ method, path: '/api/v1/coverage' })).status).toBe(404);
  });

  it.each([
    { why: 'an unknown parameter', path: '/api/v1/stores/files/backups?limt=5' },
    { why: 'a wrong and an unknown parameter', path: '/api/v1/compliance/audit-log?limit=0&x=1' },
    { why: 'a repeated parameter', path: '/api/v1/stores/files/backups?limit=1&limit=2' },
    { why: 'an encoded slash in a name', path: '/api/v1/stores/a%2Fb' },
    { why: 'an encoded parameter', path: '/api/v1/recovery/available-backups?store=%D1%84%20a%2Bb' },
    { why: 'an id that is none', path: '/api/v1/backup/status/..%2f..%2fetc' },
  ])('$why - 400 with its place', async ({ path: target }) => {
    const answer = await askBoth({ path: target });

    expect(answer.status).toBe(400);
    expect(new Set(codesOf(answer))).toEqual(new Set(['VALIDATION']));
  });

  it.each([
    { why: 'broken JSON', body: '{', status: 400 },
    { why: 'an unknown field', body: '{"store":"files","target":{"kind":"in-place"},"yes":true}', status: 400 },
    { why: 'a poisonous field', body: '{"__proto__":{"store":"files"}}', status: 400 },
    { why: 'another content type', body: 'store=files', type: 'application/x-www-form-urlencoded', status: 400 },
    { why: 'text beyond ASCII', body: '{"store":"файлы","target":{"kind":"in-place"}}', status: 400 },
    { why: 'too large a body', body: JSON.stringify({ store: 'x'.repeat(LIMITS.requestBytesMax) }), status: 413 },
  ])('a body with $why - $status', async ({ body, type = 'application/json', status }) => {
    const answer = await askBoth({
      method: 'POST',
      path: '/api/v1/recovery/plan',
      headers: { 'content-type': type },
      body,
    });

    expect(answer.status).toBe(status);
  });

  it('what is declared and not built - 501 with its name', async () => {
    for (const route of routes.filter(({ state }) => state === 'unsupported')) {
      const answer = await askBoth({
        method: route.method,
        path: filled(route.path),
        ...(route.method !== 'GET' && { body: '' }),
      });

      expect(answer.status).toBe(501);
      expect(codesOf(answer)).toEqual(['CAPABILITY_UNSUPPORTED']);
    }
  });

  it('Accept-Language: ru - titles in Russian from both', async () => {
    const answer = await askBoth({ path: '/api/v1/backup/nothing', headers: { 'accept-language': 'ru-RU,ru;q=0.9' } });

    expect(JSON.stringify(answer.body)).toMatch(/[а-я]/);
  });

  it('the embedded server gone - a backup asked of serverless-offline is driven to "completed" by the bundles alone', async () => {
    await embedded.end('SIGTERM');

    const { body } = await ask(offline.url, {
      method: 'POST',
      path: '/api/v1/backup/trigger/full',
      headers: { 'content-type': 'application/json' },
      body: '{"stores":["files"]}',
    });
    const [operation] = (body as { operations: { href: string }[] }).operations;
    let settled: unknown;
    while (settled === undefined) {
      await sleep(200);
      const { status } = (await ask(offline.url, { path: operation?.href ?? '' })).body as { status: string };
      settled = ['succeeded', 'failed', 'stopped'].includes(status) ? status : undefined;
    }

    expect(settled).toBe('succeeded');
  });
});
