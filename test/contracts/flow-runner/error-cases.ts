// Flow cases: retries, catchers, timeouts and waits.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { Call, FlowCase, Handler } from './flow-case.ts';

const DAY_SECONDS = 86_400;

export const errorCases: readonly FlowCase[] = [
  {
    title: 'Retry - tries again after growing pauses up to MaxDelaySeconds, counting attempts from 0',
    needs: ['identity', 'exact-time'],
    killedBy: ['retries at one pace', 'retries without a longest pause', 'counts every attempt as the first'],
    machine: polling('IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 10, MaxDelaySeconds: 10'),
    handlers: { poll: failUntil(5, 'StillRunning') },
    expectation: ({ execution, calls }) => {
      expect(calls.map((call) => call.at)).toEqual([0, 2, 6, 14, 24, 34]);
      expect(calls.map((call) => call.task.attempt)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(execution.output).toEqual({ polled: 5 });
    },
  },
  {
    title: 'Retry exhausted - the last error goes to Catch with name, message and facts, beside the data',
    needs: ['identity'],
    killedBy: ['never retries', 'retries once more', 'drops caught errors'],
    machine: polling(
      'IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 2',
      'Catch: [{ ErrorEquals: [WorkerLost], ResultPath: $.error, Next: Note }]',
    ),
    input: { id: 'b1' },
    handlers: { poll: failUntil(99, 'WorkerLost') },
    expectation: ({ execution, calls }) => {
      const { error, ...data } = execution.output as { error: { Error: string; Cause: string } };
      expect(calls).toHaveLength(3);
      expect(data).toEqual({ id: 'b1' });
      expect(error.Error).toBe('WorkerLost');
      expect(JSON.parse(error.Cause)).toEqual({ name: 'WorkerLost', message: 'try 2 failed', facts: { attempt: 2 } });
    },
  },
  {
    title: 'an error that Retry does not name - is not tried again',
    needs: [],
    killedBy: ['retries every error'],
    machine: polling(
      'IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 5',
      'Catch: [{ ErrorEquals: [States.TaskFailed], ResultPath: $.error, Next: Note }]',
    ),
    handlers: { poll: failUntil(3, 'StorageFull') },
    expectation: ({ execution, calls }) => {
      expect(calls).toHaveLength(1);
      expect(execution.output).toMatchObject({ error: { Error: 'StorageFull' } });
    },
  },
  {
    title: 'several catchers - the first that matches decides; ResultPath null drops the error',
    needs: [],
    killedBy: ['asks the catchers from the last to the first', 'catches nothing'],
    machine: `
Comment: Three catchers
StartAt: Act
States:
  Act:
    Comment: c
    Type: Task
    Resource: function:test/act
    Catch:
      - { ErrorEquals: [StorageFull], ResultPath: null, Next: Wrong }
      - { ErrorEquals: [DumpIncomplete, WorkerLost], ResultPath: null, Next: Right }
      - { ErrorEquals: [States.ALL], ResultPath: null, Next: Wrong }
    End: true
  Right: { Comment: c, Type: Succeed }
  Wrong: { Comment: c, Type: Pass, Result: wrong, End: true }
`,
    input: { id: 'b1' },
    handlers: { act: failUntil(99, 'WorkerLost') },
    expectation: ({ execution }) => {
      expect(execution.output).toEqual({ id: 'b1' });
    },
  },
  {
    title: 'an error of no row of the table - is called Internal and keeps its message',
    needs: [],
    killedBy: ['renames foreign errors'],
    machine: polling(
      'IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 5',
      'Catch: [{ ErrorEquals: [Internal], ResultPath: $.error, Next: Note }]',
    ),
    handlers: {
      poll: () => {
        throw new TypeError('x is not a function');
      },
    },
    expectation: ({ execution }) => {
      const { error } = execution.output as { error: { Error: string; Cause: string } };
      expect(error.Error).toBe('Internal');
      expect(JSON.parse(error.Cause)).toMatchObject({ name: 'Internal', message: 'x is not a function' });
    },
  },
  {
    title: 'an error that nothing catches - fails the execution under its name, and no further state begins',
    needs: [],
    killedBy: ['catches every error', 'answers for tasks that failed'],
    machine: `
Comment: Fails in the middle
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', ResultPath: null, Catch: [{ ErrorEquals: [StorageFull], ResultPath: null, Next: Later }], Next: Later }
  Later: { Comment: c, Type: Task, Resource: 'function:test/later', End: true }
`,
    handlers: { act: failUntil(99, 'DumpIncomplete'), later: () => null },
    expectation: ({ execution, marks }) => {
      expect(execution).toMatchObject({ status: 'failed', error: { name: 'DumpIncomplete' } });
      expect(JSON.parse(execution.error?.cause ?? '')).toMatchObject({
        name: 'DumpIncomplete',
        message: 'try 0 failed',
      });
      expect(marks).toEqual(['begin:act']);
    },
  },
  {
    title: 'Fail - ends the execution with its error and its cause',
    needs: [],
    killedBy: ['succeeds at Fail'],
    machine: `
Comment: Fails on purpose
StartAt: Refuse
States:
  Refuse: { Comment: c, Type: Fail, Error: ComplianceFailed, Cause: a copy lies abroad }
`,
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({
        status: 'failed',
        error: { name: 'ComplianceFailed', cause: 'a copy lies abroad' },
      });
    },
  },
  {
    title: 'Fail by paths - hands on the error that was caught before',
    needs: [],
    killedBy: ['hides the error that Fail hands on'],
    machine: `
Comment: Notes the failure and fails with it
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', Catch: [{ ErrorEquals: [States.ALL], ResultPath: $.error, Next: Note }], End: true }
  Note: { Comment: c, Type: Task, Resource: 'function:test/note', ResultPath: null, Next: Refuse }
  Refuse: { Comment: c, Type: Fail, ErrorPath: $.error.Error, CausePath: $.error.Cause }
`,
    handlers: { act: failUntil(99, 'CopyMissing'), note: () => null },
    expectation: ({ execution, marks }) => {
      expect(marks).toEqual(['begin:act', 'begin:note']);
      expect(execution).toMatchObject({ status: 'failed', error: { name: 'CopyMissing' } });
      expect(JSON.parse(execution.error?.cause ?? '')).toMatchObject({
        message: 'try 0 failed',
        facts: { attempt: 0 },
      });
    },
  },
  {
    title: 'TimeoutSeconds - a task that is late ends in States.Timeout, hears of it, and its answer is discarded',
    needs: ['signal', 'exact-time'],
    killedBy: ['knows no TimeoutSeconds'],
    machine: `
Comment: A slow task
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', TimeoutSeconds: 30, ResultPath: $.act, Catch: [{ ErrorEquals: [States.Timeout], ResultPath: $.error, Next: Done }], Next: Done }
  Done: { Comment: c, Type: Succeed }
`,
    handlers: {
      act: async (_input, { clock, note, task }) => {
        task.signal.addEventListener('abort', () => note('told'));
        await clock.sleep(32_000);
        return 'late';
      },
    },
    expectation: ({ execution, marks, seconds }) => {
      expect(execution.output).toMatchObject({ error: { Error: 'States.Timeout' } });
      expect(execution.output).not.toHaveProperty('act');
      expect(marks).toEqual(['begin:act', 'told']);
      expect(seconds).toBeGreaterThanOrEqual(30);
      expect(seconds).toBeLessThan(40);
    },
  },
  {
    title: 'a timeout of three years - does not fire at once',
    needs: ['exact-time'],
    killedBy: ['lets timers overflow'],
    machine: `
Comment: A timeout beyond 2^31 milliseconds
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', TimeoutSeconds: 99999999, End: true }
`,
    handlers: {
      act: async (_input, { clock }) => {
        await clock.sleep(3_600_000);
        return 'done';
      },
    },
    expectation: ({ execution, seconds }) => {
      expect(execution).toMatchObject({ status: 'succeeded', output: 'done' });
      expect(seconds).toBe(3600);
    },
  },
  {
    title: 'States.TaskFailed - matches what a task threw, but no timeout',
    needs: ['exact-time'],
    killedBy: ['takes a timeout for a failed task'],
    machine: `
Comment: Tells failures from timeouts
StartAt: Act
States:
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', ResultPath: null, Catch: [{ ErrorEquals: [States.TaskFailed], ResultPath: null, Next: Slow }], Next: Wrong }
  Slow: { Comment: c, Type: Task, Resource: 'function:test/slow', TimeoutSeconds: 5, ResultPath: null, Catch: [{ ErrorEquals: [States.TaskFailed], ResultPath: null, Next: Wrong }, { ErrorEquals: [States.Timeout], ResultPath: null, Next: Right }], Next: Wrong }
  Right: { Comment: c, Type: Pass, Result: right, End: true }
  Wrong: { Comment: c, Type: Pass, Result: wrong, End: true }
`,
    handlers: {
      act: failUntil(99, 'WorkerLost'),
      slow: async (_input, { clock }) => {
        await clock.sleep(60_000);
        return null;
      },
    },
    expectation: ({ execution }) => {
      expect(execution.output).toBe('right');
    },
  },
  {
    title: 'Wait - by seconds, by a path to seconds, until an instant, until the instant at a path',
    needs: ['exact-time'],
    killedBy: ['never waits'],
    machine: `
Comment: Four waits, and one for an instant that is past
StartAt: Fixed
States:
  Fixed: { Comment: c, Type: Wait, Seconds: 10, Next: Given }
  Given: { Comment: c, Type: Wait, SecondsPath: $.pause.seconds, Next: Until }
  Until: { Comment: c, Type: Wait, Timestamp: '2026-01-02T03:05:05Z', Next: UntilGiven }
  UntilGiven: { Comment: c, Type: Wait, TimestampPath: $.at, Next: Past }
  Past: { Comment: c, Type: Wait, Timestamp: '2020-01-01T00:00:00Z', Next: Act }
  Act: { Comment: c, Type: Task, Resource: 'function:test/act', End: true }
`,
    input: { pause: { seconds: 20 }, at: '2026-01-02T03:06:05Z' },
    handlers: { act: (_input, { at }) => at },
    expectation: ({ execution }) => {
      expect(execution.output).toBe(120);
    },
  },
  ...[
    { what: 'seconds below nothing', wait: 'SecondsPath: $.value', value: -1 },
    { what: 'seconds in letters', wait: 'SecondsPath: $.value', value: '60' },
    { what: 'an instant in words', wait: 'TimestampPath: $.value', value: 'tomorrow' },
    { what: 'an instant without zone', wait: 'TimestampPath: $.value', value: '2026-01-02T03:05:05' },
  ].map(({ what, wait, value }): FlowCase => ({
    title: `Wait for ${what} - fails the flow and does not wait for something else`,
    needs: [],
    killedBy: ['passes by every Wait'],
    machine: `
Comment: Waits for what its input says
StartAt: Pause
States:
  Pause: { Comment: c, Type: Wait, ${wait}, Next: Done }
  Done: { Comment: c, Type: Succeed }
`,
    input: { value },
    handlers: {},
    expectation: ({ execution }) => {
      expect(execution).toMatchObject({ status: 'failed', error: { name: 'States.Runtime' } });
    },
  })),
  {
    title: 'Wait of thirty days - does not end at once',
    needs: ['exact-time'],
    killedBy: ['lets timers overflow'],
    machine: `
Comment: A wait beyond 2^31 milliseconds
StartAt: Pause
States:
  Pause: { Comment: c, Type: Wait, Seconds: ${30 * DAY_SECONDS}, Next: Done }
  Done: { Comment: c, Type: Succeed }
`,
    handlers: {},
    expectation: ({ seconds }) => {
      expect(seconds).toBe(30 * DAY_SECONDS);
    },
  },
  {
    title: 'a state that is visited again - has its own identity and a fresh retry count at every visit',
    needs: ['identity'],
    killedBy: ['gives all visits one path'],
    machine: `
Comment: Polls in rounds
StartAt: Poll
States:
  Poll:
    Comment: c
    Type: Task
    Resource: function:test/poll
    Parameters: { id.$: $$.Execution.Id }
    ResultPath: $.polled
    Retry: [{ ErrorEquals: [StillRunning], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 1 }]
    Catch: [{ ErrorEquals: [StillRunning], ResultPath: $.error, Next: Poll }]
    End: true
`,
    handlers: { poll: failUntil(1, 'StillRunning', 5) },
    expectation: ({ execution, calls }) => {
      const keys = calls.map(({ task }) => `${task.execution} ${task.path} ${task.attempt}`);
      expect(execution.status).toBe('succeeded');
      expect(calls.map((call) => call.task.attempt)).toEqual([0, 1, 0, 1, 0]);
      expect(new Set(keys).size).toBe(5);
    },
  },
];

function polling(retry: string, rest = ''): string {
  return `
Comment: Polls
StartAt: Poll
States:
  Poll: { Comment: c, Type: Task, Resource: 'function:test/poll', ResultPath: $.polled, Retry: [{ ErrorEquals: [StillRunning, WorkerLost], ${retry} }], ${rest === '' ? '' : `${rest}, `}Next: Done }
  Done: { Comment: c, Type: Succeed }
${rest === '' ? '' : '  Note: { Comment: c, Type: Succeed }'}
`;
}

/** Fails by name until the given attempt, or until it was called often enough; then answers with the attempt. */
function failUntil(
  attempt: number,
  name: 'StillRunning' | 'WorkerLost' | 'StorageFull' | 'DumpIncomplete' | 'CopyMissing',
  callsMax = Infinity,
): Handler {
  const counts = new WeakMap<Call['clock'], number>();
  return (_input, { task, clock }) => {
    // Counted per play of the case, which has a clock of its own.
    const count = (counts.get(clock) ?? 0) + 1;
    counts.set(clock, count);
    if (count >= callsMax || (callsMax === Infinity && task.attempt >= attempt)) return task.attempt;
    throw new HoldfastError(name, `try ${task.attempt} failed`, { attempt: task.attempt });
  };
}
