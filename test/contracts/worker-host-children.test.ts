// What the child process host promises beyond the contract: nothing outlives it, nothing leaks into a worker, nothing runs twice.

import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { systemClock } from '../../lib/clouds/local/clock.ts';
import { ChildWorkerHost } from '../../lib/clouds/local/worker-host.ts';
import { silentLog } from '../../lib/clouds/local/log.ts';
import type { Log, LogFields } from '../../lib/ports/telemetry.ts';
import { failureOf } from './contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { eventually } from './worker-host.contract.ts';
import { childWorkers } from './worker-subject.ts';

const LIMITS = { memoryBytesMax: 1e9, secondsMax: 60 };
const PATIENCE = 20_000;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const ended = (pid: number): Promise<boolean> =>
  eventually(
    PATIENCE,
    async () => !isAlive(pid),
    (is) => is,
  );

/** The content of a mark, once it is there. */
async function markOf(what: string): Promise<string> {
  const marks = join(directory.path, 'marks');
  const name = await eventually(
    PATIENCE,
    async () => (await readdir(marks)).find((file) => file.includes(`.${what}.`)),
    (file) => file !== undefined,
  );
  return eventually(
    PATIENCE,
    () => readFile(join(marks, name ?? what), 'utf8'),
    (text) => text !== '',
  );
}

/** Runs a platform in a process of its own until its worker is started. */
async function platformWith(behaviour: string): Promise<{ kill: () => void }> {
  const program = fileURLToPath(new URL('./worker-parent-program.ts', import.meta.url));
  const child = spawn(process.execPath, [program, directory.path, behaviour], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { kill: () => child.kill('SIGKILL') };
}

describe('platform that is killed', () => {
  it('worker with a running tool - both end by themselves', async () => {
    const platform = await platformWith('tool');
    const tool = Number(await markOf('tool'));
    expect(isAlive(tool)).toBe(true);

    platform.kill();

    expect(await ended(tool)).toBe(true);
    const { host, marks } = await childWorkers(directory.path);
    const [worker] = await marks('bkp_1/tool');
    expect(await ended(worker?.pid ?? 0)).toBe(true);
    expect(await host.probe('bkp_1/tool', 1)).toBe('gone');
  });

  it('attempt that ran before - not started a second time', async () => {
    const platform = await platformWith('sleep');
    await markOf('started');
    platform.kill();
    const { host, marks } = await childWorkers(directory.path);
    await eventually(
      PATIENCE,
      () => host.probe('bkp_1/sleep', 1),
      (state) => state === 'gone',
    );

    await host.start({ jobId: 'bkp_1/sleep', attempt: 1, limits: LIMITS });

    expect(await host.probe('bkp_1/sleep', 1)).toBe('gone');
    expect((await marks('bkp_1/sleep')).filter((mark) => mark.what === 'started')).toHaveLength(1);
  });

  it('worker that goes on regardless - seen as running by the next platform, and ended by its stop', async () => {
    const platform = await platformWith('orphan');
    await markOf('started');
    platform.kill();
    const { host, marks } = await childWorkers(directory.path);
    const [worker] = await marks('bkp_1/orphan');
    const before = await host.probe('bkp_1/orphan', 1);

    await host.stop('bkp_1/orphan', 1);

    expect(before).toBe('running');
    expect(await ended(worker?.pid ?? 0)).toBe(true);
    expect(await host.probe('bkp_1/orphan', 1)).toBe('gone');
  });
});

describe('child worker host', () => {
  it('close - every worker and its tools have ended, no other is accepted', async () => {
    const { host, marks } = await childWorkers(directory.path);
    for (const behaviour of ['sleep', 'stubborn', 'tool'])
      await host.start({ jobId: `bkp_1/${behaviour}`, attempt: 1, limits: LIMITS });
    const tool = Number(await markOf('tool'));

    await host.close();

    const started = (await Promise.all(['sleep', 'stubborn', 'tool'].map((name) => marks(`bkp_1/${name}`)))).flat();
    expect(started.filter((mark) => isAlive(mark.pid))).toEqual([]);
    expect(await ended(tool)).toBe(true);
    expect((await failureOf(host.start({ jobId: 'bkp_1/late', attempt: 1, limits: LIMITS }))).name).toBe(
      'StorageUnavailable',
    );
  });

  it('worker that ends before its tool - the tool ends as well', async () => {
    const { host, marks } = await childWorkers(directory.path);
    await host.start({ jobId: 'bkp_1/tool', attempt: 1, limits: LIMITS });
    const tool = Number(await markOf('tool'));
    const [worker] = await marks('bkp_1/tool');

    process.kill(worker?.pid ?? 0, 'SIGKILL');

    expect(await ended(tool)).toBe(true);
    await host.close();
  });

  it('environment - the usual names and the named ones, nothing else', async () => {
    const secrets = {
      PGPASSWORD: 's',
      AWS_SECRET_ACCESS_KEY: 's',
      LD_PRELOAD: '/x.so',
      NODE_OPTIONS: '--inspect',
      OTHER: 's',
    };
    const env = { PATH: process.env['PATH'], HOME: '/root', TZ: 'UTC', ORDERS_PASSWORD: 'asked for', ...secrets };
    const { host } = await childWorkers(directory.path, { env, passEnv: ['ORDERS_PASSWORD', 'NOT_SET'] });
    await host.start({ jobId: 'bkp_1/sleep', attempt: 1, limits: { ...LIMITS, memoryBytesMax: 512 * 1024 * 1024 } });

    const seen = JSON.parse(await markOf('started')) as Record<string, string>;

    expect(Object.keys(seen).sort()).toEqual(['HOME', 'MARKS', 'NODE_OPTIONS', 'ORDERS_PASSWORD', 'PATH', 'TZ']);
    expect(seen['NODE_OPTIONS']).toBe('--max-old-space-size=256');
    await host.close();
  });

  it('output - lines reach the log, our own with their level, and no more than the bound', async () => {
    const lines: { level: string; message: string; fields: LogFields }[] = [];
    const keep =
      (level: string) =>
      (message: string, fields: LogFields = {}) =>
        void lines.push({ level, message, fields });
    const log: Log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
    const { host } = await childWorkers(directory.path, { log });
    await host.start({ jobId: 'bkp_1/print', attempt: 1, limits: LIMITS });

    await eventually(
      PATIENCE,
      async () =>
        lines.some(({ fields }) => String(fields['line']).includes('not kept')) &&
        lines.some(({ level }) => level === 'error'),
      (is) => is,
    );
    await host.close();

    expect(lines).toContainEqual({
      level: 'warn',
      message: 'worker output',
      fields: { jobId: 'bkp_1/print', attempt: 1, line: 'plain text' },
    });
    expect(lines).toContainEqual({
      level: 'error',
      message: 'from inside',
      fields: { jobId: 'bkp_1/print', attempt: 1, unit: 'base' },
    });
    expect(lines.reduce((sum, { fields }) => sum + String(fields['line'] ?? '').length, 0)).toBeLessThan(300_000);
  });

  it('program that is not there - the start fails, and the next start tries again', async () => {
    const host = new ChildWorkerHost({ command: ['/no/such/program'], env: {}, clock: systemClock, log: silentLog });
    const job = { jobId: 'bkp_1/any', attempt: 1, limits: LIMITS };

    expect((await failureOf(host.start(job))).name).toBe('StorageUnavailable');
    expect((await failureOf(host.start(job))).name).toBe('StorageUnavailable');
    expect(await host.probe('bkp_1/any', 1)).toBe('unknown');
  });
});
