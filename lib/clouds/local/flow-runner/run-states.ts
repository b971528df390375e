// Walks a group of states from its start to its end. States that were left before answer from the journal, so that a walk after a
// crash takes the same way without running anything twice.

import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import type {
  FailState,
  MapState,
  ParallelState,
  PassState,
  State,
  StateGroup,
  TaskState,
  WaitState,
} from '../../../flows/machine.ts';
import type { Clock } from '../../../ports/clock.ts';
import { attemptState } from './attempts.ts';
import { choose } from './choice.ts';
import { failureOfTask, Halted, haltIfAborted, machineFault, StateFailure } from './failure.ts';
import { fanOut } from './fan-out.ts';
import type { Journal, Outcome, Spot } from './journal.ts';
import { asStored, fillPayload, need, place, type FlowContext } from './payload.ts';
import { callTask, type Invoke } from './task-call.ts';
import { waitEndsAt } from './waiting.ts';

/** One run of one group: the machine itself, an item of a Map or a branch of a Parallel. */
export interface Frame {
  readonly execution: string;
  /** Empty, or the way to this group: `DumpUnits[0]/`. */
  readonly prefix: string;
  readonly group: StateGroup;
  readonly context: FlowContext;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  readonly invoke: Invoke;
  readonly clock: Clock;
}

/** A state being worked on. */
interface Step<S extends State = State> {
  readonly frame: Frame;
  readonly path: string;
  readonly state: S;
  readonly data: JsonObject;
}

/** The output of the group. @throws StateFailure when it fails, Halted when it must stop without an outcome */
export async function runStates(frame: Frame, input: JsonObject): Promise<JsonValue> {
  const visits = new Map<string, number>();
  let name = frame.group.StartAt;
  let data = input;
  // Bounded by the journal, which lets an execution enter only so many states.
  for (;;) {
    haltIfAborted(frame.signal);
    const visit = (visits.get(name) ?? 0) + 1;
    visits.set(name, visit);
    const path = `${frame.prefix}${name}${visit === 1 ? '' : `~${visit}`}`;
    const outcome = await passState({ frame, path, state: frame.group.States[name] as State, data });
    if ('error' in outcome) throw new StateFailure(outcome.error, outcome.cause, { isCatchable: outcome.isCatchable });
    if (outcome.next === undefined) return outcome.output;
    name = outcome.next;
    // Only a state that ends its group puts something else than the data in their place.
    data = outcome.output as JsonObject;
  }
}

async function passState(step: Step): Promise<Outcome> {
  const { frame, path, state, data } = step;
  const before = frame.journal.state(frame.execution, path);
  if (before?.outcome !== undefined) return before.outcome;
  if (before === undefined) frame.journal.enter(spotOf(step));
  const { what, outcome } = await attemptState({
    data,
    retrier: state.Type === 'Task' ? state.Retry?.[0] : undefined,
    catchers: 'Catch' in state ? (state.Catch ?? []) : [],
    attempt: () => attemptOf(step),
    work: async () => await workOn(step),
    delay: async (seconds, failure) => {
      const next = { attempt: attemptOf(step) + 1, dueAt: Math.ceil(frame.clock.now() + seconds * 1000) };
      frame.journal.delay(spotOf(step), 'retrying', next, { ...next, error: failure.error, cause: failure.causeText });
    },
  });
  frame.journal.leave(spotOf(step), what, outcome);
  return outcome;
}

const spotOf = ({ frame, path }: Step): Spot => ({ execution: frame.execution, path, at: frame.clock.now() });

const attemptOf = ({ frame, path }: Step): number => frame.journal.state(frame.execution, path)?.attempt ?? 0;

async function workOn(step: Step): Promise<Outcome> {
  const result = await resultOf(step);
  const { value } = asStored(result.output);
  return { ...result, output: value };
}

async function resultOf(step: Step): Promise<{ readonly output: JsonValue; readonly next?: string }> {
  const { state, data } = step;
  switch (state.Type) {
    case 'Succeed':
      return { output: data };
    case 'Fail':
      throw failureOf(step as Step<FailState>);
    case 'Choice':
      return { output: data, next: choose(state, data) };
    case 'Wait':
      await wait(step as Step<WaitState>);
      return { output: data, ...onward(state) };
    case 'Pass':
      return { output: place(state.ResultPath, data, passed(step as Step<PassState>)), ...onward(state) };
    case 'Task':
      return { output: place(state.ResultPath, data, await runTask(step as Step<TaskState>)), ...onward(state) };
    case 'Map':
      return { output: place(state.ResultPath, data, await runMap(step as Step<MapState>)), ...onward(state) };
    case 'Parallel':
      return {
        output: place(state.ResultPath, data, await runParallel(step as Step<ParallelState>)),
        ...onward(state),
      };
  }
}

const onward = ({ Next: next }: { readonly Next?: string }): { readonly next?: string } =>
  next === undefined ? {} : { next };

function failureOf({ frame, state, data }: Step<FailState>): StateFailure {
  const textAt = (path: string | undefined): string => {
    const value = need(path ?? '', data, frame.context);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  return new StateFailure(state.Error ?? textAt(state.ErrorPath), state.Cause ?? textAt(state.CausePath));
}

function passed({ frame, state, data }: Step<PassState>): JsonValue {
  if (state.Result !== undefined) return state.Result;
  return state.Parameters === undefined ? data : fillPayload(state.Parameters, data, frame.context);
}

/** The end of the wait is kept, so that a restart does not begin it anew. */
async function wait(step: Step<WaitState>): Promise<void> {
  const { frame, path, state, data } = step;
  let dueAt = frame.journal.state(frame.execution, path)?.dueAt;
  if (dueAt === undefined) {
    dueAt = Math.ceil(waitEndsAt(state, data, frame.context, frame.clock.now()));
    frame.journal.delay(spotOf(step), 'waiting', { attempt: 0, dueAt }, { dueAt });
  }
  await sleepUntil(dueAt, frame);
}

async function sleepUntil(dueAt: number, { clock, signal }: Frame): Promise<void> {
  const milliseconds = dueAt - clock.now();
  if (milliseconds <= 0) return;
  try {
    await clock.sleep(milliseconds, signal);
  } catch (error) {
    haltIfAborted(signal);
    throw error;
  }
}

async function runTask(step: Step<TaskState>): Promise<JsonValue> {
  const { frame, path, state, data } = step;
  const payload = state.Parameters === undefined ? data : fillPayload(state.Parameters, data, frame.context);
  // A copy: a handler that writes into its input must not change the data, which a restart would not show.
  const input = asStored(payload).value as JsonObject;
  const { attempt = 0, dueAt } = frame.journal.state(frame.execution, path) ?? {};
  // The instant of the try that failed before holds, however long the process was away.
  if (dueAt !== undefined) await sleepUntil(dueAt, frame);
  try {
    const answer = await callTask({
      resource: state.Resource,
      input,
      task: { execution: frame.execution, path, attempt, signal: frame.signal },
      timeoutSeconds: state.TimeoutSeconds,
      invoke: frame.invoke,
      clock: frame.clock,
    });
    return asStored(answer).value;
  } catch (error) {
    throw error instanceof Halted ? error : failureOfTask(error);
  }
}

async function runMap({ frame, path, state, data }: Step<MapState>): Promise<JsonValue> {
  const items = need(state.ItemsPath, data, frame.context);
  if (!Array.isArray(items)) throw machineFault('States.Runtime', `'${state.ItemsPath}' is no list`);
  const list = items as readonly JsonValue[];
  return await fanOut({
    count: list.length,
    concurrency: state.MaxConcurrency,
    signal: frame.signal,
    runOne: async (index, signal) => {
      const context = { ...frame.context, Map: { Item: { Index: index, Value: list[index] ?? null } } };
      const input = fillPayload(state.ItemSelector, data, context);
      return await runStates(
        { ...frame, group: state.ItemProcessor, prefix: `${path}[${index}]/`, context, signal },
        input,
      );
    },
  });
}

async function runParallel({ frame, path, state, data }: Step<ParallelState>): Promise<JsonValue> {
  return await fanOut({
    count: state.Branches.length,
    concurrency: state.Branches.length,
    signal: frame.signal,
    runOne: async (index, signal) => {
      const group = state.Branches[index] as StateGroup;
      return await runStates({ ...frame, group, prefix: `${path}[${index}]/`, signal }, data);
    },
  });
}
