// Tests what is told about work that goes on, on a terminal and in a log file.

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OperationView } from '../lib/app/http/operations.ts';
import { createApiClient } from './api-client.ts';
import { CliFailure } from './failure.ts';
import { followOperations, progressText } from './follow-operation.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const running = (changes: Partial<OperationView> = {}): OperationView => ({
  id: 'bkp_1',
  kind: 'backup',
  store: 'orders-db',
  status: 'running',
  phase: 'running',
  resource: '/x',
  ...changes,
});
const progress = (done: number, total = 1000) => ({
  phase: 'reading',
  done,
  total,
  bytesPerSecond: 10,
  etaSeconds: 90,
});
const ended = running({ status: 'succeeded', phase: 'completed' });

describe('progressText', () => {
  test('with progress - phase in words, share, bytes, rate and time left', () => {
    expect(progressText(running({ progress: progress(780) }), 'en')).toBe(
      'orders-db  reading the source  78 %  780 B of 1000 B  10 B/s  1 min 30 s left',
    );
    expect(progressText(running({ progress: progress(780) }), 'ru')).toBe(
      'orders-db  читается источник  78 %  780 B из 1000 B  10 B/s  осталось 1 мин 30 с',
    );
  });

  test('before the first byte - the phase alone, no "0 B/s"', () => {
    expect(progressText(running({ progress: progress(0) }), 'en')).toBe('orders-db  reading the source');
  });

  test.each([
    [{ status: 'queued', phase: 'queued' }, 'waiting in the queue'],
    [{ phase: 'validating' }, 'reading back every byte'],
    [{ kind: 'recovery' }, 'restoring'],
    [{ kind: 'recovery', phase: 'validating' }, 'comparing'],
    [{ kind: 'validation' }, 'reading back every byte'],
    [{ phase: 'something new' }, 'something new'],
  ] as const)('%j - %s', (changes, words) => {
    expect(progressText(running(changes as Partial<OperationView>), 'en')).toBe(`orders-db  ${words}`);
  });
});

describe('followOperations', () => {
  let server: Server;
  let answers: (OperationView | 'down')[];
  let told: string[];
  let rewritten: string[];
  let session: Session;

  beforeEach(async () => {
    [told, rewritten, answers] = [[], [], []];
    server = createServer((request, response) => {
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === 'down') request.socket.destroy();
      else response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const terminal = {
      tell: (text = '') => told.push(text),
      rewrite: (text: string) => rewritten.push(text),
      canRewrite: false,
      columns: 40,
    };
    session = {
      terminal: terminal as unknown as Terminal,
      lang: 'en',
      json: false,
      self: 'holdfast',
      api: () => createApiClient({ url, token: 't' }, 'en'),
    } as unknown as Session;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('in a log file - one line per phase or ten per cent, not one per look', async () => {
    answers = [
      running({ progress: progress(10) }),
      running({ progress: progress(20) }),
      running({ progress: progress(30) }),
      running({ progress: progress(150) }),
      running({ phase: 'validating' }),
      ended,
    ];

    await followOperations(session, ['bkp_1']);

    expect(told.map((line) => line.split('  ')[1])).toEqual([
      'reading the source',
      'reading the source',
      'reading back every byte',
    ]);
  });

  test('on a terminal - one line that is written anew, never wider than it', async () => {
    (session.terminal as { canRewrite: boolean }).canRewrite = true;
    answers = [running({ progress: progress(10) }), running({ progress: progress(20) }), ended];

    await followOperations(session, ['bkp_1']);

    expect(told).toEqual([]);
    expect(rewritten).toHaveLength(3);
    for (const line of rewritten) expect(line.length).toBeLessThan(40);
    expect(rewritten.at(-1)).toBe('');
  });

  test('the platform is started anew meanwhile - waited for', async () => {
    answers = [running(), 'down', 'down', ended];

    await expect(followOperations(session, ['bkp_1'])).resolves.toEqual([ended]);
  });

  test('Ctrl-C - ends with 130, says that the work goes on, leaves no listener', async () => {
    answers = [running()];
    const before = process.listenerCount('SIGINT');
    const following = followOperations(session, ['bkp_1']).catch((error: unknown) => error as CliFailure);
    await new Promise((resolve) => setTimeout(resolve, 100));

    process.emit('SIGINT');

    expect(await following).toMatchObject({ exitCode: 130, message: expect.stringContaining('the work goes on') });
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
