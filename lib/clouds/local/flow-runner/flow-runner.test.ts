import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { HoldfastError } from '../../../domain/errors.ts';
import { parseMachine } from '../../../flows/parse-machine.ts';
import type { TaskContext } from '../../../ports/flow-runner.ts';
import type { Log, LogFields } from '../../../ports/telemetry.ts';
import { systemClock } from '../clock.ts';
import { createFlowRunner, type EmbeddedFlowRunner, type FlowRunnerOptions, JournalFlowRunner } from './flow-runner.ts';
import { Journal } from './journal.ts';

const machine = parseMachine(
  `
Comment: One task
StartAt: Act
States:
  Act: { Comment: Acts, Type: Task, Resource: 'function:test/act', ResultPath: $.act, Next: Done }
  Done: { Comment: The end, Type: Succeed }
`,
  'flow',
);

const waiting = parseMachine(
  `
Comment: A long wait
StartAt: Rest
States:
  Rest: { Comment: Rests, Type: Wait, Seconds: 3600, Next: Done }
  Done: { Comment: The end, Type: Succeed }
`,
  'flow',
);

let folder = '';
let open: EmbeddedFlowRunner[] = [];
let lines: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
const keep = (message: string, fields?: LogFields): void => void lines.push({ message, fields });
const log: Log = { debug: keep, info: keep, warn: keep, error: keep };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-runner-'));
  lines = [];
});

afterEach(async () => {
  for (const runner of open) await runner.close();
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

const options = (more: Partial<FlowRunnerOptions> = {}): FlowRunnerOptions => ({
  file: join(folder, 'flows.sqlite'),
  machines: new Map([['flow', machine]]),
  invoke: async () => await Promise.resolve('done'),
  clock: systemClock,
  log,
  ...more,
});

function aRunner(more: Partial<FlowRunnerOptions> = {}): EmbeddedFlowRunner {
  const runner = createFlowRunner(options(more));
  open.push(runner);
  return runner;
}

/** A task that runs until it is told to stop. */
const untilStopped = async (_resource: string, _input: unknown, task: TaskContext): Promise<never> =>
  await new Promise((_, reject) => {
    task.signal.addEventListener('abort', () => reject(new Error('stopped')));
  });

describe('one driver', () => {
  test('a second runner of the same file - may read, but is refused when it starts, stops or resumes, and learns who drives', async () => {
    const first = aRunner({ driver: 'the platform' });
    const second = aRunner({ driver: 'a worker' });
    const { id } = await first.start({ machine: 'flow', name: 'one', input: {} });
    await first.drain();

    const refusals = await Promise.allSettled([
      second.start({ machine: 'flow', name: 'two', input: {} }),
      second.stop(id, 'no'),
      second.resume(),
    ]);

    expect(refusals).toEqual(
      Array.from({ length: 3 }, () => ({
        status: 'rejected',
        reason: expect.objectContaining({
          name: 'LeaseHeld',
          message: expect.stringContaining(`the platform (process ${process.pid}) drives it`),
        }),
      })),
    );
    expect(await second.describe(id)).toMatchObject({ status: 'succeeded' });
    expect(await second.list()).toHaveLength(1);
  });

  test('a driver that was closed - makes room for the next one', async () => {
    const first = aRunner();
    await first.resume();
    await first.close();

    await expect(aRunner().resume()).resolves.toBeUndefined();
  });

  test('a runner that was closed - starts nothing any more, and closing it twice is no error', async () => {
    const runner = aRunner();
    await runner.close();
    await runner.close();

    await expect(runner.start({ machine: 'flow', name: 'one', input: {} })).rejects.toMatchObject({
      name: 'ExecutionStopped',
    });
  });
});

describe('start', () => {
  test.each(['', 'a b', 'a:b', 'a/b', 'x'.repeat(81)])(
    'name "%s" - is refused, as Step Functions would',
    async (name) => {
      await expect(aRunner().start({ machine: 'flow', name, input: {} })).rejects.toMatchObject({
        name: 'InvalidRequest',
      });
    },
  );

  test('an input larger than any platform takes - is refused before anything is written', async () => {
    const runner = aRunner();

    await expect(
      runner.start({ machine: 'flow', name: 'one', input: { text: 'x'.repeat(300_000) } }),
    ).rejects.toMatchObject({ name: 'PayloadTooLarge' });
    expect(await runner.list()).toEqual([]);
  });

  test('the id - is machine and name', async () => {
    expect(await aRunner().start({ machine: 'flow', name: '2026-01-02.b1', input: {} })).toMatchObject({
      id: 'flow:2026-01-02.b1',
      machine: 'flow',
      status: 'running',
    });
  });

  test('an execution that another process left running - goes on when it is started again, without resume', async () => {
    const before = aRunner({ invoke: untilStopped });
    await before.start({ machine: 'flow', name: 'one', input: {} });
    await before.close();
    const after = aRunner();

    const { id } = await after.start({ machine: 'flow', name: 'one', input: {} });
    await after.drain();

    expect(await after.describe(id)).toMatchObject({ status: 'succeeded', output: { act: 'done' } });
  });
});

describe('stop and close', () => {
  test('a task that stops its own execution before it waits for anything - hears of it', async () => {
    let isAborted: boolean | undefined;
    const runner: EmbeddedFlowRunner = aRunner({
      invoke: async (_resource, _input, task) => {
        await runner.stop(task.execution, 'enough');
        isAborted = task.signal.aborted;
        return null;
      },
    });

    const { id } = await runner.start({ machine: 'flow', name: 'one', input: {} });
    await runner.drain();

    expect(isAborted).toBe(true);
    expect(await runner.describe(id)).toMatchObject({ status: 'stopped' });
  });

  test.each([
    ['a task', { invoke: untilStopped }],
    ['a wait', { machines: new Map([['flow', waiting]]) }],
  ])('stopped during %s - is told in the log as a stop, not as a fault', async (_during, more) => {
    const runner = aRunner(more);
    const { id } = await runner.start({ machine: 'flow', name: 'one', input: {} });
    await systemClock.sleep(5);

    await runner.stop(id, 'asked');
    await runner.drain();

    expect(lines.map((line) => line.message)).toEqual(['execution started', 'execution stopped']);
  });

  test('closed while a task runs - waits until the task has ended in order, and the execution stays running', async () => {
    let hasEnded = false;
    const runner = aRunner({
      invoke: async (_resource, _input, task) => {
        await systemClock.sleep(60_000, task.signal).catch(() => undefined);
        await systemClock.sleep(20);
        hasEnded = true;
        return 'late';
      },
    });
    const { id } = await runner.start({ machine: 'flow', name: 'one', input: {} });
    await systemClock.sleep(5);

    await runner.close();

    expect(hasEnded).toBe(true);
    expect(await aRunner().describe(id)).toMatchObject({ status: 'running', activeStates: ['Act'] });
  });
});

describe('history', () => {
  test('an execution - tells its story in order; an unknown one has none', async () => {
    const runner = aRunner();
    const { id } = await runner.start({ machine: 'flow', name: 'one', input: { n: 1 } });
    await runner.drain();

    const history = await runner.history(id);

    expect(history.map(({ path, what }) => `${what} ${path}`.trim())).toEqual([
      'started',
      'entered Act',
      'left Act',
      'entered Done',
      'left Done',
      'succeeded',
    ]);
    expect(history[2]?.data).toEqual({ output: { n: 1, act: 'done' }, next: 'Done' });
    expect(history[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(await runner.history('flow:none')).toEqual([]);
  });

  test('an ended execution - keeps no rows of its states', async () => {
    const runner = aRunner();
    await runner.start({ machine: 'flow', name: 'one', input: {} });
    await runner.drain();

    expect(count('state')).toBe(0);
    expect(count('event')).toBeGreaterThan(0);
  });

  test('a failed execution - is logged as an error with its cause', async () => {
    const runner = aRunner({ invoke: async () => await Promise.reject(new Error('no space')) });
    await runner.start({ machine: 'flow', name: 'one', input: {} });
    await runner.drain();

    expect(lines).toContainEqual({
      message: 'execution failed',
      fields: expect.objectContaining({ execution: 'flow:one', error: 'Internal' }),
    });
  });
});

describe('the journal file', () => {
  test('a reader of another process - is not held up by commits', () => {
    const journal = new Journal(join(folder, 'flows.sqlite'));
    const reader = new DatabaseSync(join(folder, 'flows.sqlite'));

    const mode = reader.prepare('PRAGMA journal_mode').get();
    reader.close();
    journal.close();

    expect(mode).toEqual({ journal_mode: 'wal' });
  });

  test('a file of a newer Holdfast - is left alone', () => {
    const database = new DatabaseSync(join(folder, 'flows.sqlite'));
    database.exec('PRAGMA user_version = 99');
    database.close();

    expect(() => createFlowRunner(options())).toThrow(expect.objectContaining({ name: 'RepositoryFormatUnsupported' }));
  });

  test('a folder that is not there - is an error of the table, not of SQLite', () => {
    expect(() => createFlowRunner(options({ file: join(folder, 'none', 'flows.sqlite') }))).toThrow(
      expect.objectContaining({ name: 'CatalogUnavailable' }),
    );
  });

  test('a disk that fails for a while - the execution goes on where the journal stands, and nothing is called failed', async () => {
    let faults = 0;
    class FailingJournal extends Journal {
      override leave(...leave: Parameters<Journal['leave']>): void {
        if (faults++ === 0) throw new HoldfastError('CatalogUnavailable', 'disk I/O error');
        super.leave(...leave);
      }
    }
    const hurried = { ...systemClock, sleep: async () => await systemClock.sleep(1) };
    const runner = new JournalFlowRunner(options({ clock: hurried }), new FailingJournal(join(folder, 'flows.sqlite')));
    open.push(runner);

    const { id } = await runner.start({ machine: 'flow', name: 'one', input: {} });
    await runner.drain();

    expect(await runner.describe(id)).toMatchObject({ status: 'succeeded' });
    expect(lines.map((line) => line.message)).toContain('execution interrupted by a fault of the journal');
  });
});

function count(table: string): number {
  const database = new DatabaseSync(join(folder, 'flows.sqlite'), { readOnly: true });
  const row = database.prepare(`SELECT count(*) AS n FROM ${table}`).get();
  database.close();
  return Number(row?.['n']);
}
