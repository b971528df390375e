// How a flow case is written and played: a machine, its handlers, what happens meanwhile, and what must come out.

import type { JsonObject, JsonValue } from '../../../lib/domain/json.ts';
import type { Machine } from '../../../lib/flows/machine.ts';
import { parseMachine } from '../../../lib/flows/parse-machine.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { Execution, FlowRunner, TaskContext } from '../../../lib/ports/flow-runner.ts';
import type { Log } from '../../../lib/ports/telemetry.ts';
import type { BrokenRunner } from './broken-runners.ts';
import { steppedClock } from './stepped-clock.ts';

/** What an engine must be able to do for a case; a foreign engine leaves out what it cannot. */
export type Need = 'signal' | 'stop' | 'restart' | 'identity' | 'exact-time';

export interface FlowCase {
  readonly title: string;
  readonly needs: readonly Need[];
  /** Broken runners that this case must notice; what nothing can break tests nothing. */
  readonly killedBy: readonly [BrokenRunner, ...BrokenRunner[]];
  /** YAML; every case's machine is called `flow`. */
  readonly machine: string;
  readonly input?: JsonObject;
  /** By the step's name: `function:test/<name>`. */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** Without one the flow is started. In every case the first execution is followed to its end and judged. */
  readonly script?: (stage: Stage) => Promise<void>;
  readonly expectation: (seen: Seen) => void;
}

export type Handler = (input: JsonObject, call: Call) => JsonValue | Promise<JsonValue>;

export interface Call {
  readonly step: string;
  readonly input: JsonObject;
  readonly task: TaskContext;
  /** Seconds since the case began. */
  readonly at: number;
  readonly clock: Clock;
  /** Memory that the tasks of one play share, as handlers of one process may. */
  readonly share: Record<string, JsonValue>;
  /** Leaves a mark in the order of things. */
  readonly note: (mark: string) => void;
}

export interface Seen {
  readonly execution: Execution;
  readonly calls: readonly Call[];
  /** `begin:<step>` of every call and what handlers and scripts noted, in order. */
  readonly marks: readonly string[];
  /** From start to end of the execution. */
  readonly seconds: number;
}

/** The port, and what every adapter that drives by itself offers beside it. */
export interface DrivenRunner extends FlowRunner {
  resume(): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface RunnerWorld {
  /** A folder of this case alone, kept over restarts. */
  readonly folder: string;
  readonly machines: ReadonlyMap<string, Machine>;
  readonly invoke: (resource: string, input: JsonObject, task: TaskContext) => Promise<JsonValue>;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 for the first process, 1 after a restart. */
  readonly generation: number;
}

export type OpenRunner = (world: RunnerWorld) => DrivenRunner;

export interface Stage {
  runner(): DrivenRunner;
  readonly clock: Clock;
  readonly marks: string[];
  readonly calls: readonly Call[];
  start(name?: string, input?: JsonObject): Promise<Execution>;
  /** Ends the process, lets time pass, and starts the next one, perhaps with a newer machine. */
  restart(options: { readonly afterSeconds: number; readonly machine?: string }): Promise<void>;
}

const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Plays the case and judges it. Rejects when the expectation does not hold. */
export async function playCase(flowCase: FlowCase, open: OpenRunner, folder: string): Promise<void> {
  const clock = steppedClock();
  const beginning = clock.now();
  const calls: Call[] = [];
  const marks: string[] = [];
  const share: Record<string, JsonValue> = {};
  const seconds = (): number => (clock.now() - beginning) / 1000;
  const invoke: RunnerWorld['invoke'] = async (resource, input, task) => {
    const step = resource.slice('function:test/'.length);
    const call: Call = { step, input, task, at: seconds(), clock, share, note: (mark) => marks.push(mark) };
    calls.push(call);
    marks.push(`begin:${step}`);
    const handler = flowCase.handlers[step];
    if (handler === undefined) throw new Error(`the case has no handler '${step}'`);
    return await handler(input, call);
  };
  let generation = 0;
  const openWith = (yaml: string): DrivenRunner =>
    open({
      folder,
      machines: new Map([['flow', parseMachine(yaml, 'flow')]]),
      invoke,
      clock,
      log: silent,
      generation: generation++,
    });
  let runner = openWith(flowCase.machine);
  let followed: string | undefined;
  const stage: Stage = {
    runner: () => runner,
    clock,
    marks,
    calls,
    start: async (name = 'one', input = flowCase.input ?? {}) => {
      const execution = await runner.start({ machine: 'flow', name, input });
      followed ??= execution.id;
      return execution;
    },
    restart: async ({ afterSeconds, machine = flowCase.machine }) => {
      await runner.close();
      await clock.sleep(afterSeconds * 1000);
      runner = openWith(machine);
      await runner.resume();
    },
  };
  try {
    await (flowCase.script ?? (async () => void (await stage.start())))(stage);
    await runner.drain();
    const execution = await runner.describe(followed ?? 'none');
    if (execution === undefined) throw new Error('the execution is gone');
    flowCase.expectation({ execution, calls, marks, seconds: durationOf(execution) });
  } finally {
    await runner.close();
  }
}

function durationOf({ startedAt, endedAt }: Execution): number {
  return endedAt === undefined ? Number.NaN : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
}

function nothing(): void {
  // A case is judged by what it does, not by what it logs.
}
