import { describe, expect, test } from '@jest/globals';

import type { Clock } from '../../../ports/clock.ts';
import { systemClock } from '../clock.ts';
import { Halted } from './failure.ts';
import { callTask, type TaskCall } from './task-call.ts';

const signal = new AbortController().signal;
const aCall = (more: Partial<TaskCall>): TaskCall => ({
  resource: 'function:test/act',
  input: {},
  task: { execution: 'flow:one', path: 'Act', attempt: 0, signal },
  timeoutSeconds: 60,
  invoke: async () => await Promise.resolve('done'),
  clock: systemClock,
  ...more,
});

describe('callTask', () => {
  test('a task that answers or throws - leaves no timer behind', async () => {
    let asleep = 0;
    const clock: Clock = {
      ...systemClock,
      sleep: async (milliseconds, stop) => {
        asleep += 1;
        await systemClock.sleep(milliseconds, stop).finally(() => {
          asleep -= 1;
        });
      },
    };

    await callTask(aCall({ clock }));
    await expect(
      callTask(aCall({ clock, invoke: async () => await Promise.reject(new Error('broken')) })),
    ).rejects.toThrow('broken');
    await new Promise((resolve) => setImmediate(resolve));

    expect(asleep).toBe(0);
  });

  test('a handler that throws at once - rejects like any other', async () => {
    const invoke = (): never => {
      throw new Error('at once');
    };

    await expect(callTask(aCall({ invoke }))).rejects.toThrow('at once');
  });

  test('told to stop before it begins - the task is not called', async () => {
    let calls = 0;
    const invoke = async (): Promise<null> => {
      calls += 1;
      return await Promise.resolve(null);
    };

    const call = callTask(
      aCall({ invoke, task: { execution: 'flow:one', path: 'Act', attempt: 0, signal: AbortSignal.abort() } }),
    );

    await expect(call).rejects.toBeInstanceOf(Halted);
    expect(calls).toBe(0);
  });
});
