// Flow cases: starting, stopping, listing, and going on after a restart.

import { expect } from '@jest/globals';

import { hasErrorName } from '../../../lib/domain/errors.ts';
import type { FlowCase, Handler, Stage } from './flow-case.ts';

const WAITING = `
Comment: A wait between two tasks
StartAt: First
States:
  First: { Comment: c, Type: Task, Resource: 'function:test/first', ResultPath: $.first, Next: Pause }
  Pause: { Comment: c, Type: Wait, Seconds: 100, Next: Second }
  Second: { Comment: c, Type: Task, Resource: 'function:test/second', ResultPath: $.second, End: true }
`;

const POLLING = `
Comment: Polls in a map
StartAt: Each
States:
  Each:
    Comment: c
    Type: Map
    ItemsPath: $.items
    ItemSelector: { item.$: $$.Map.Item.Value }
    MaxConcurrency: 2
    ResultPath: $.mapped
    End: true
    ItemProcessor:
      ProcessorConfig: { Mode: INLINE }
      StartAt: Begin
      States:
        Begin: { Comment: c, Type: Task, Resource: 'function:test/begin', ResultPath: null, Next: Poll }
        Poll: { Comment: c, Type: Task, Resource: 'function:test/poll', Retry: [{ ErrorEquals: [StillRunning], IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 100 }], End: true }
`;

const HANGING = `
Comment: One task that takes its time
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', ResultPath: $.act, Next: Later }
  Later: { Comment: c, Type: Task, Resource: 'function:test/later', End: true }
`;

const answers: Readonly<Record<string, Handler>> = {
  first: (_input, { at }) => at,
  second: (_input, { at }) => at,
  later: () => null,
};

export const controlCases: readonly FlowCase[] = [
  {
    title: 'started twice with an equal input - is one execution, run once',
    needs: [],
    killedBy: ['starts a new execution each time'],
    machine: WAITING,
    input: { id: 'b1', policy: 'daily' },
    handlers: answers,
    script: async (stage) => {
      const before = await stage.start();
      const again = await stage.start('one', { policy: 'daily', id: 'b1' });
      await stage.runner().drain();
      const after = await stage.start();
      expect([again.id, after.id, after.status]).toEqual([before.id, before.id, 'succeeded']);
    },
    expectation: ({ marks }) => {
      expect(marks).toEqual(['begin:first', 'begin:second']);
    },
  },
  {
    title: 'started again with another input - is a conflict, and the first execution goes on',
    needs: [],
    killedBy: ['overlooks another input'],
    machine: WAITING,
    input: { id: 'b1' },
    handlers: answers,
    script: async (stage) => {
      await stage.start();
      expect(await nameOf(stage.start('one', { id: 'b2' }))).toBe('IdempotencyConflict');
    },
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({ status: 'succeeded', input: { id: 'b1' } });
    },
  },
  {
    title: 'a machine that does not exist - cannot be started',
    needs: [],
    killedBy: ['starts machines that do not exist'],
    machine: WAITING,
    handlers: answers,
    script: async (stage) => {
      await stage.start();
      expect(await nameOf(stage.runner().start({ machine: 'none', name: 'one', input: {} }))).toBe('NotFound');
    },
    expectation: ({ execution }) => {
      expect(execution.status).toBe('succeeded');
    },
  },
  {
    title: 'described while it runs - shows the states being worked on; at its end none; unknown ids are undefined',
    needs: ['identity', 'exact-time'],
    killedBy: ['does not know what it works on'],
    machine: POLLING,
    input: { items: ['a', 'b'] },
    handlers: { begin: () => null, poll: pollUntil(2) },
    script: async (stage) => {
      const { id } = await stage.start();
      await stage.clock.sleep(30_000);
      const running = await stage.runner().describe(id);
      expect(running).toMatchObject({ status: 'running', activeStates: ['Each', 'Each[0]/Poll', 'Each[1]/Poll'] });
      expect(running).not.toHaveProperty('output');
      expect(await stage.runner().describe('flow:none')).toBeUndefined();
    },
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({ status: 'succeeded', activeStates: [], output: { mapped: [2, 2] } });
    },
  },
  {
    title: 'list - newest first, by machine and status, no more than asked for',
    needs: [],
    killedBy: ['lists the oldest first', 'lists everything'],
    machine: WAITING,
    handlers: answers,
    script: async (stage) => {
      const ids = [await stage.start('one'), await stage.start('two'), await stage.start('three')].map(
        (execution) => execution.id,
      );
      await stage.runner().stop(ids[1] ?? '', 'not needed');
      await stage.runner().drain();
      const listed = async (filter?: Parameters<ReturnType<Stage['runner']>['list']>[0]): Promise<readonly string[]> =>
        (await stage.runner().list(filter)).map((execution) => execution.id);
      expect(await listed()).toEqual([...ids].reverse());
      expect(await listed({ limit: 2 })).toEqual([ids[2], ids[1]]);
      expect(await listed({ machine: 'flow', status: 'stopped' })).toEqual([ids[1]]);
      expect(await listed({ machine: 'none' })).toEqual([]);
    },
    expectation: ({ execution }) => {
      expect(execution.status).toBe('succeeded');
    },
  },
  {
    title: 'stopped between two polls - no further call, and the reason is kept',
    needs: ['stop', 'exact-time'],
    killedBy: ['does not stop'],
    machine: POLLING,
    input: { items: ['a', 'b', 'c'] },
    handlers: { begin: () => null, poll: pollUntil(99) },
    script: async (stage) => {
      const { id } = await stage.start();
      await stage.clock.sleep(90_000);
      await stage.runner().stop(id, 'asked by an operator');
      stage.marks.push('stopped');
      await stage.clock.sleep(86_400_000);
    },
    expectation: ({ execution, marks }) => {
      expect(marks.at(-1)).toBe('stopped');
      expect(marks).toHaveLength(2 + 2 * 2 + 1);
      expect(execution).toMatchObject({ status: 'stopped', error: { name: 'ExecutionStopped' } });
      expect(execution.error?.cause).toContain('asked by an operator');
    },
  },
  {
    title: 'stopped while a task runs - the task hears of it, its answer is discarded and nothing else begins',
    needs: ['stop', 'signal', 'exact-time'],
    killedBy: ['gives tasks a signal that never comes'],
    machine: HANGING,
    handlers: {
      ...answers,
      act: async (_input, { clock, note, task }) => {
        task.signal.addEventListener('abort', () => note('told'));
        await clock.sleep(62_000);
        return 'late';
      },
    },
    script: async (stage) => {
      const { id } = await stage.start();
      await stage.clock.sleep(60_000);
      await stage.runner().stop(id, 'asked');
      await stage.clock.sleep(600_000);
    },
    expectation: ({ execution, marks, seconds }) => {
      expect(marks).toEqual(['begin:act', 'told']);
      expect(execution.status).toBe('stopped');
      expect(execution).not.toHaveProperty('output');
      expect(seconds).toBe(60);
    },
  },
  {
    title: 'stopped while a task ignores its signal - the runner rests after a short grace',
    needs: ['stop', 'signal', 'exact-time'],
    killedBy: ['waits a day too long'],
    machine: HANGING,
    handlers: {
      ...answers,
      act: async (_input, { clock }) => {
        await clock.sleep(86_400_000);
        return 'late';
      },
    },
    script: async (stage) => {
      const { id } = await stage.start();
      await stage.clock.sleep(60_000);
      const before = stage.clock.now();
      await stage.runner().stop(id, 'asked');
      await stage.runner().drain();
      expect(stage.clock.now() - before).toBeLessThan(60_000);
    },
    expectation: ({ execution }) => {
      expect(execution.status).toBe('stopped');
    },
  },
  {
    title: 'stop of what has ended - changes nothing; of what does not exist - is an error',
    needs: ['stop'],
    killedBy: ['calls stopped what has ended', 'stops what does not exist'],
    machine: HANGING,
    handlers: { ...answers, act: () => null },
    script: async (stage) => {
      const { id } = await stage.start();
      await stage.runner().drain();
      await stage.runner().stop(id, 'too late');
      expect(await nameOf(stage.runner().stop('flow:none', 'asked'))).toBe('NotFound');
    },
    expectation: ({ execution }) => {
      expect(execution.status).toBe('succeeded');
    },
  },
  {
    title: 'stopped, then restarted - stays stopped',
    needs: ['stop', 'restart', 'exact-time'],
    killedBy: ['stops only before the next start'],
    machine: WAITING,
    handlers: answers,
    script: async (stage) => {
      const { id } = await stage.start();
      await stage.clock.sleep(10_000);
      await stage.runner().stop(id, 'asked');
      await stage.restart({ afterSeconds: 1 });
      await stage.clock.sleep(600_000);
    },
    expectation: ({ execution, marks }) => {
      expect(execution.status).toBe('stopped');
      expect(marks).toEqual(['begin:first']);
    },
  },
  {
    title: 'restarted during a Wait - the remaining time is kept, and what was finished is not run again',
    needs: ['restart', 'exact-time'],
    killedBy: ['forgets deadlines', 'forgets everything'],
    machine: WAITING,
    handlers: answers,
    script: async (stage) => {
      await stage.start();
      await stage.clock.sleep(30_000);
      await stage.restart({ afterSeconds: 20 });
    },
    expectation: ({ execution, marks, seconds }) => {
      expect(execution.output).toEqual({ first: 0, second: 100 });
      expect(marks).toEqual(['begin:first', 'begin:second']);
      expect(seconds).toBe(100);
    },
  },
  {
    title: 'away for longer than a Wait - goes on at once after the restart',
    needs: ['restart', 'exact-time'],
    killedBy: ['forgets deadlines'],
    machine: WAITING,
    handlers: answers,
    script: async (stage) => {
      await stage.start();
      await stage.clock.sleep(30_000);
      await stage.restart({ afterSeconds: 1000 });
    },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ first: 0, second: 1030 });
    },
  },
  {
    title: 'restarted between two polls - attempts go on counting and the pause keeps its end',
    needs: ['restart', 'identity', 'exact-time'],
    killedBy: ['forgets attempts'],
    machine: POLLING,
    input: { items: ['a'] },
    handlers: { begin: () => null, poll: pollUntil(3) },
    script: async (stage) => {
      await stage.start();
      await stage.clock.sleep(90_000);
      await stage.restart({ afterSeconds: 10 });
    },
    expectation: ({ calls }) => {
      const polls = calls.filter((call) => call.step === 'poll');
      expect(polls.map((call) => call.task.attempt)).toEqual([0, 1, 2, 3]);
      expect(polls.map((call) => call.at)).toEqual([0, 60, 120, 180]);
    },
  },
  {
    title: 'restarted in a Map - finished items and states are not run again',
    needs: ['restart', 'exact-time'],
    killedBy: ['forgets outcomes'],
    machine: POLLING,
    input: { items: ['a', 'b', 'c'] },
    handlers: { begin: () => null, poll: pollUntil(1) },
    script: async (stage) => {
      await stage.start();
      await stage.clock.sleep(90_000);
      await stage.restart({ afterSeconds: 1 });
      await stage.runner().drain();
    },
    expectation: ({ execution, marks }) => {
      expect(execution.output).toEqual({ items: ['a', 'b', 'c'], mapped: [1, 1, 1] });
      expect(marks.filter((mark) => mark === 'begin:begin')).toHaveLength(3);
      expect(marks.filter((mark) => mark === 'begin:poll')).toHaveLength(6);
    },
  },
  {
    title: 'restarted while a task runs - the task is called again with the same identity',
    needs: ['restart', 'signal', 'identity', 'exact-time'],
    killedBy: ['gives a restarted task a new identity'],
    machine: HANGING,
    handlers: {
      ...answers,
      act: async (_input, { clock, task }) => {
        await clock.sleep(60_000, task.signal);
        return 'done';
      },
    },
    script: async (stage) => {
      await stage.start();
      await stage.clock.sleep(30_000);
      await stage.restart({ afterSeconds: 5 });
    },
    expectation: ({ execution, calls }) => {
      const [before, after] = calls.map(({ task }) => ({
        execution: task.execution,
        path: task.path,
        attempt: task.attempt,
      }));
      expect(calls.map((call) => [call.step, call.at])).toEqual([
        ['act', 0],
        ['act', 35],
        ['later', 95],
      ]);
      expect(after).toEqual(before);
      expect(execution.status).toBe('succeeded');
    },
  },
  {
    title: 'restarted with a newer machine - what runs goes on by the old one, what starts takes the new one',
    needs: ['restart', 'exact-time'],
    killedBy: ['runs by the newest machine'],
    machine: WAITING,
    handlers: { ...answers, newer: () => 'newer' },
    script: async (stage) => {
      await stage.start('one');
      await stage.clock.sleep(30_000);
      await stage.restart({ afterSeconds: 1, machine: WAITING.replace('function:test/second', 'function:test/newer') });
      const { id } = await stage.start('two');
      await stage.runner().drain();
      expect((await stage.runner().describe(id))?.output).toMatchObject({ second: 'newer' });
    },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ first: 0, second: 100 });
    },
  },
];

async function nameOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return hasErrorName(error, 'NotFound', 'IdempotencyConflict') && error instanceof Error
      ? error.name
      : 'something else';
  }
}

/** Still running until the given attempt. */
function pollUntil(attempt: number): Handler {
  return (_input, { task }) => {
    if (task.attempt >= attempt) return task.attempt;
    throw Object.assign(new Error('not yet'), { name: 'StillRunning' });
  };
}
