// Tests the server with real connections: what reaches a function, what is refused before, and how it ends.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { testPlatform } from '../../../test/flows/test-platform.ts';
import type { TestPlatform } from '../../../test/flows/test-platform.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { HttpEvent, HttpFunction } from './http-function.ts';
import { startServer } from './server.ts';
import type { RunningServer } from './server.ts';

let platform: TestPlatform;
let server: RunningServer;
let events: HttpEvent[];

/** Answers with what it was given, and with the manager that was asked. */
const echo =
  (manager: string): HttpFunction =>
  async (event) => {
    events.push(event);
    return {
      statusCode: 200,
      headers: { 'x-manager': manager },
      body: JSON.stringify({ path: event.rawPath, body: event.body ?? null }),
    };
  };

beforeEach(async () => {
  events = [];
  platform = testPlatform();
  const functions = {
    backup: echo('backup'),
    recovery: echo('recovery'),
    validation: echo('validation'),
    compliance: echo('compliance'),
    platform: echo('platform'),
  };
  server = await startServer({ platform, functions, tokens: 'test:none', port: 0 });
});
afterEach(async () => {
  await server.close();
  await platform.close();
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const send = (
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = request(`${server.url}${path}`, { method, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(pieces).toString(),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });

describe('the server', () => {
  test('listens on this machine only', () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test.each([
    ['/api/v1/backup/schedules', 'backup'],
    ['/api/v1/recovery/plan', 'recovery'],
    ['/api/v1/validation/verify-all', 'validation'],
    ['/api/v1/compliance/audit-log', 'compliance'],
    ['/api/v1/coverage', 'platform'],
    ['/healthz', 'platform'],
    ['/nope', 'platform'],
    ['/api/v1/backupx/y', 'platform'],
  ])('%s - goes to the function of %s', async (path, manager) => {
    expect((await send('GET', path)).headers['x-manager']).toBe(manager);
  });

  test('a request - reaches the function as a gateway event of format 2.0', async () => {
    await send('POST', '/api/v1/backup/files/%2Fsrv%2Fa%20b?x=1&y=%20', '{"a":1}', {
      'Content-Type': 'application/json',
      'X-Thing': 'one',
    });

    expect(events[0]).toMatchObject({
      version: '2.0',
      rawPath: '/api/v1/backup/files/%2Fsrv%2Fa%20b',
      rawQueryString: 'x=1&y=%20',
      body: '{"a":1}',
      isBase64Encoded: false,
      headers: { 'content-type': 'application/json', 'x-thing': 'one' },
      requestContext: { http: { method: 'POST', sourceIp: '127.0.0.1' } },
    });
  });

  test.each([LIMITS.requestBytesMax + 1, 8 * LIMITS.requestBytesMax])(
    'a body of %i bytes - 413 in the error form, and no function is called',
    async (length) => {
      const reply = await send('POST', '/api/v1/backup/schedule', Buffer.alloc(length, 'x'));

      expect(reply.status).toBe(413);
      expect(JSON.parse(reply.text)).toMatchObject({ errors: [{ code: 'PAYLOAD_TOO_LARGE' }] });
      expect(events).toEqual([]);
    },
  );

  test('a client that hangs up in the middle of its body - harms nobody', async () => {
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('POST /api/v1/backup/schedule HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();

    expect((await send('GET', '/healthz')).status).toBe(200);
  });

  test('a function that throws - 500 in the error form without its words', async () => {
    await server.close();
    const failing: HttpFunction = () => Promise.reject(new Error('inner secret'));
    const functions = {
      backup: failing,
      recovery: failing,
      validation: failing,
      compliance: failing,
      platform: failing,
    };
    server = await startServer({ platform, functions, tokens: 'test:none', port: 0 });

    const reply = await send('GET', '/healthz');

    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('inner secret');
  });

  test('a port that is taken - InvalidConfiguration naming the setting', async () => {
    const port = Number(new URL(server.url).port);

    await expect(startServer({ platform, tokens: 'test:none', port })).rejects.toMatchObject({
      name: 'InvalidConfiguration',
      message: expect.stringContaining('platform.api.port'),
    });
  });

  test('closing - answers what it has begun, then refuses', async () => {
    await server.close();
    let finish = (): void => undefined;
    const slow: HttpFunction = () =>
      new Promise((resolve) => (finish = () => resolve({ statusCode: 200, body: 'late' })));
    server = await startServer({
      platform,
      functions: { backup: slow, recovery: slow, validation: slow, compliance: slow, platform: slow },
      tokens: 'test:none',
      port: 0,
    });
    const begun = send('GET', '/healthz');
    await new Promise((resolve) => setTimeout(resolve, 50));

    const closing = server.close();
    finish();

    expect(await begun).toMatchObject({ status: 200, text: 'late' });
    await closing;
    await expect(send('GET', '/healthz')).rejects.toMatchObject({ code: expect.stringMatching(/^ECONN/) });
  });
});
