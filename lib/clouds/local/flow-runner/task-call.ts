// One call of a task: its time limit, its stop, and what becomes of an answer that comes too late.

import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { TaskContext } from '../../../ports/flow-runner.ts';
import { haltIfAborted, platformFailure } from './failure.ts';

export type Invoke = (resource: string, input: JsonObject, task: TaskContext) => Promise<JsonValue>;

/**
 * A handler that was told to stop gets this long to end its work in order. One that ignores its signal is then left behind: its answer
 * is discarded, and what it still does carries an attempt that nothing accepts any more.
 */
const STOP_GRACE_MILLISECONDS = 5000;

export interface TaskCall {
  readonly resource: string;
  readonly input: JsonObject;
  readonly task: TaskContext;
  readonly timeoutSeconds: number | undefined;
  readonly invoke: Invoke;
  readonly clock: Clock;
}

/** Rejects with what the handler threw, with States.Timeout, or with Halted when `task.signal` was aborted. */
export async function callTask({ resource, input, task, timeoutSeconds, invoke, clock }: TaskCall): Promise<JsonValue> {
  // No task begins after its flow was told to stop.
  haltIfAborted(task.signal);
  const overdue = new AbortController();
  const isOver = new AbortController();
  const signal = AbortSignal.any([task.signal, overdue.signal]);
  // An async function turns what a handler throws at once into a rejection as well.
  const answer = (async () => await invoke(resource, input, { ...task, signal }))();
  const answered = answer.then(nothing, nothing);
  try {
    if (timeoutSeconds !== undefined) {
      void clock.sleep(timeoutSeconds * 1000, isOver.signal).then(() => overdue.abort(new Error('timeout')), nothing);
    }
    await Promise.race([answered, aborted(signal, isOver.signal)]);
    if (signal.aborted) await Promise.race([answered, clock.sleep(STOP_GRACE_MILLISECONDS, isOver.signal)]);
  } finally {
    isOver.abort();
  }
  haltIfAborted(task.signal);
  if (overdue.signal.aborted)
    throw platformFailure('States.Timeout', `no answer of '${resource}' within ${timeoutSeconds} s`);
  return await answer;
}

const nothing = (): void => undefined;

/** Settles when `signal` is aborted; forgets about it when `isOver` is. */
function aborted(signal: AbortSignal, isOver: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: isOver });
  });
}
