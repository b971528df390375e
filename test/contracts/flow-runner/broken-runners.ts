// Deliberately broken flow runners: each forgets or mistakes one thing, and the contract must notice every one of them.

import { join } from 'node:path';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import { canonicalJson, type JsonObject } from '../../../lib/domain/json.ts';
import { Halted } from '../../../lib/clouds/local/flow-runner/failure.ts';
import { createFlowRunner, JournalFlowRunner } from '../../../lib/clouds/local/flow-runner/flow-runner.ts';
import {
  Journal,
  type Ending,
  type ExecutionRow,
  type Outcome,
  type Spot,
  type StateRow,
} from '../../../lib/clouds/local/flow-runner/journal.ts';
import type { MachineDefinition } from '../../../lib/flows/machine.ts';
import type { Execution } from '../../../lib/ports/flow-runner.ts';
import type { DrivenRunner, OpenRunner, RunnerWorld } from './flow-case.ts';

const sound: OpenRunner = ({ folder, ...world }) => createFlowRunner({ ...world, file: join(folder, 'flows.sqlite') });

/** A state as plain fields, so that a mutation may leave the types of the subset. */
type Fields = Readonly<Record<string, unknown>>;
type Mutation = (state: Fields) => Fields;

/** A runner that reads machines wrongly. */
const misreads =
  (mutation: Mutation): OpenRunner =>
  (world) => {
    const machines = new Map(
      [...world.machines].map(([name, machine]) => [
        name,
        { name, definition: mutated(machine.definition, mutation) as unknown as MachineDefinition },
      ]),
    );
    return sound({ ...world, machines });
  };

function mutated(group: object, mutation: Mutation): Fields {
  const states = (group as { readonly States: Readonly<Record<string, Fields>> }).States;
  const changed = Object.entries(states).map(([name, state]) => {
    const inner = mutation({
      ...state,
      ...('ItemProcessor' in state ? { ItemProcessor: mutated(state['ItemProcessor'] as object, mutation) } : {}),
      ...('Branches' in state
        ? { Branches: (state['Branches'] as object[]).map((branch) => mutated(branch, mutation)) }
        : {}),
    });
    return [name, inner];
  });
  return { ...group, States: Object.fromEntries(changed) };
}

const without =
  (...fields: readonly string[]): Mutation =>
  (state) =>
    Object.fromEntries(Object.entries(state).filter(([field]) => !fields.includes(field)));

const changed =
  (field: string, change: (value: never, state: Fields) => unknown): Mutation =>
  (state) =>
    field in state ? { ...state, [field]: change(state[field] as never, state) } : state;

/** Rewrites every comparison of every rule. */
const rules = (change: (rule: Fields) => Fields): Mutation =>
  changed('Choices', (choices: readonly Fields[]) => choices.map((choice) => rewrite(choice, change)));

function rewrite(rule: Fields, change: (rule: Fields) => Fields): Fields {
  for (const connective of ['And', 'Or']) {
    if (connective in rule)
      return { ...rule, [connective]: (rule[connective] as Fields[]).map((part) => rewrite(part, change)) };
  }
  return 'Not' in rule ? { ...rule, Not: rewrite(rule['Not'] as Fields, change) } : change(rule);
}

const firstOf = (connective: string): Mutation =>
  changed('Choices', (choices: readonly Fields[]) =>
    choices.map((choice) => {
      const shorten = (rule: Fields): Fields => {
        const parts = ((rule['And'] ?? rule['Or']) as readonly Fields[] | undefined)?.map(shorten);
        if (parts === undefined) return rule;
        return 'And' in rule
          ? { ...rule, And: connective === 'And' ? parts.slice(0, 1) : parts }
          : { ...rule, Or: connective === 'Or' ? parts.slice(0, 1) : parts };
      };
      return shorten(choice);
    }),
  );

const retrier = (change: Fields): Mutation => changed('Retry', ([only]: readonly [Fields]) => [{ ...only, ...change }]);

const catchers = (change: (catcher: Fields) => Fields): Mutation =>
  changed('Catch', (list: readonly Fields[]) => list.map(change));

/** A runner that calls tasks wrongly. */
const calls =
  (change: (invoke: RunnerWorld['invoke'], generation: number) => RunnerWorld['invoke']): OpenRunner =>
  (world) =>
    sound({ ...world, invoke: change(world.invoke, world.generation) });

/** A runner that takes times wrongly. */
const times =
  (change: (milliseconds: number) => number): OpenRunner =>
  (world) => {
    const { clock } = world;
    return sound({
      ...world,
      clock: { ...clock, sleep: async (milliseconds, signal) => await clock.sleep(change(milliseconds), signal) },
    });
  };

/** A runner that keeps the wrong things. */
const keeps =
  (build: (file: string, world: RunnerWorld) => Journal): OpenRunner =>
  (world) => {
    const file = join(world.folder, 'flows.sqlite');
    return new JournalFlowRunner({ ...world, file }, build(file, world));
  };

/** A runner whose port answers wrongly. */
const answers =
  (change: (runner: DrivenRunner) => Partial<DrivenRunner>): OpenRunner =>
  (world) => {
    const runner = sound(world);
    const own: DrivenRunner = {
      start: async (request) => await runner.start(request),
      describe: async (id) => await runner.describe(id),
      stop: async (id, reason) => {
        await runner.stop(id, reason);
      },
      list: async (filter) => await runner.list(filter),
      resume: async () => {
        await runner.resume();
      },
      drain: async () => {
        await runner.drain();
      },
      close: async () => {
        await runner.close();
      },
    };
    return { ...own, ...change(runner) };
  };

/** The data is the very object that tasks get, so that what they do to it stays. */
const sharesData: OpenRunner = (world) => {
  const file = join(world.folder, 'flows.sqlite');
  let handedOut: JsonObject = {};
  class SharingJournal extends Journal {
    override leave(spot: Spot, what: 'left' | 'caught' | 'failed', outcome: Outcome): void {
      if ('output' in outcome) Object.assign(outcome.output as object, handedOut);
      super.leave(spot, what, outcome);
    }
  }
  const invoke: RunnerWorld['invoke'] = async (resource, input, task) => {
    handedOut = input;
    return await world.invoke(resource, input, task);
  };
  return new JournalFlowRunner({ ...world, file, invoke }, new SharingJournal(file));
};

/** What is forgotten is forgotten by the second process: the first one had it in its own memory. */
class ForgetfulJournal extends Journal {
  readonly #forget: (row: StateRow) => StateRow | undefined;
  readonly #known = new Set<string>();
  readonly #isFirst: boolean;

  constructor(file: string, world: RunnerWorld, forget: (row: StateRow) => StateRow | undefined) {
    super(file);
    this.#forget = forget;
    this.#isFirst = world.generation === 0;
  }

  override state(execution: string, path: string): StateRow | undefined {
    const row = super.state(execution, path);
    return this.#isFirst || row === undefined || this.#known.has(path) ? row : this.#forget(row);
  }

  override enter(spot: Spot): void {
    if (super.state(spot.execution, spot.path) === undefined) super.enter(spot);
    this.#known.add(spot.path);
  }

  override delay(...parameters: Parameters<Journal['delay']>): void {
    super.delay(...parameters);
    this.#known.add(parameters[0].path);
  }

  override leave(...parameters: Parameters<Journal['leave']>): void {
    super.leave(...parameters);
    this.#known.add(parameters[0].path);
  }
}

class LaxListJournal extends Journal {
  override leave(spot: Spot, what: 'left' | 'caught' | 'failed', outcome: Outcome): void {
    if ('output' in outcome && outcome.output !== null && typeof outcome.output === 'object') {
      const kept = Object.entries(outcome.output as JsonObject).filter(
        ([, value]) => !(Array.isArray(value) && value.length === 0),
      );
      // The walk goes on with what it computed, so the wrong data must be put where it looks.
      Object.assign(outcome, { output: Object.fromEntries(kept) });
    }
    super.leave(spot, what, outcome);
  }
}

class EndlessJournal extends Journal {
  override enter(spot: Spot): void {
    try {
      super.enter(spot);
    } catch {
      throw new Halted('lost');
    }
  }
}

class UpgradingJournal extends Journal {
  readonly #world: RunnerWorld;

  constructor(file: string, world: RunnerWorld) {
    super(file);
    this.#world = world;
  }

  override execution(id: string): ExecutionRow | undefined {
    const row = super.execution(id);
    const machine = this.#world.machines.get(row?.machine ?? '');
    return row === undefined || machine === undefined ? row : { ...row, definition: canonicalJson(machine.definition) };
  }
}

class StopForgettingJournal extends Journal {
  readonly #stopped = new Map<string, ExecutionRow>();

  override end(execution: string, at: number, ending: Ending): boolean {
    if (ending.status !== 'stopped') return super.end(execution, at, ending);
    const row = super.execution(execution);
    if (row !== undefined) this.#stopped.set(execution, { ...row, status: 'stopped', endedAt: at });
    return true;
  }

  override execution(id: string): ExecutionRow | undefined {
    return this.#stopped.get(id) ?? super.execution(id);
  }
}

const isStopped = (execution: Execution, ids: ReadonlySet<string>): Execution =>
  ids.has(execution.id) ? { ...execution, status: 'stopped' } : execution;

const typeOf = (operator: string): string | undefined => /^(String|Numeric|Boolean)/.exec(operator)?.[1];

const operatorOf = (rule: Fields): string => Object.keys(rule).find((field) => typeOf(field) !== undefined) ?? '';

export const brokenRunners = {
  'ignores Parameters': misreads((state) => (state['Type'] === 'Task' ? without('Parameters')(state) : state)),
  'passes literals of Pass through paths': misreads((state) =>
    state['Type'] === 'Pass' ? without('Parameters', 'Result')(state) : state,
  ),
  'takes a null ResultPath for a missing one': misreads((state) =>
    state['ResultPath'] === null ? without('ResultPath')(state) : state,
  ),
  'puts a result without ResultPath under a key': misreads((state) =>
    state['End'] === true && !('ResultPath' in state) ? { ...state, ResultPath: '$.result' } : state,
  ),
  'tells people another start than the flow': answers((runner) => ({
    describe: async (id) => {
      const execution = await runner.describe(id);
      return execution === undefined ? undefined : { ...execution, startedAt: '2026-01-01T00:00:00.000Z' };
    },
  })),
  'compares numbers with texts': misreads(
    rules((rule) => {
      const operator = operatorOf(rule);
      if (typeOf(operator) !== 'Numeric') return rule;
      const { Next: next, ...bare } = rule;
      const loose = { Variable: rule['Variable'], [operator.replace('Numeric', 'String')]: String(rule[operator]) };
      return { Or: [bare, loose], ...(next === undefined ? {} : { Next: next }) };
    }),
  ),
  'looks at the first part of And only': misreads(firstOf('And')),
  'looks at the first part of Or only': misreads(firstOf('Or')),
  'takes the last rule that holds': misreads(
    changed('Choices', (choices: readonly Fields[]) => [...choices].reverse()),
  ),
  'takes what is missing for false': misreads(
    rules((rule) => {
      const { Next: next, ...bare } = rule;
      if ('IsPresent' in rule) return rule;
      return {
        And: [{ Variable: rule['Variable'], IsPresent: true }, bare],
        ...(next === undefined ? {} : { Next: next }),
      };
    }),
  ),
  'cuts large results': calls((invoke) => async (...call) => {
    const result = await invoke(...call);
    return typeof result === 'string' ? result.slice(0, 1000) : result;
  }),
  'has no bound of states': keeps((file) => new EndlessJournal(file)),
  'retries at one pace': misreads(retrier({ BackoffRate: 1 })),
  'retries without a longest pause': misreads(
    changed('Retry', ([{ MaxDelaySeconds: _, ...rest }]: readonly [Fields]) => [rest]),
  ),
  'never retries': misreads(without('Retry')),
  'retries once more': misreads(
    changed('Retry', ([only]: readonly [Fields]) => [{ ...only, MaxAttempts: Number(only['MaxAttempts']) + 1 }]),
  ),
  'retries every error': misreads(retrier({ ErrorEquals: ['States.ALL'] })),
  'catches nothing': misreads(without('Catch')),
  'drops caught errors': misreads(catchers((catcher) => ({ ...catcher, ResultPath: null }))),
  'asks the catchers from the last to the first': misreads(
    changed('Catch', (list: readonly Fields[]) => [...list].reverse()),
  ),
  'catches every error': misreads(catchers((catcher) => ({ ...catcher, ErrorEquals: ['States.ALL'] }))),
  'takes a timeout for a failed task': misreads(
    catchers((catcher) =>
      (catcher['ErrorEquals'] as string[]).includes('States.TaskFailed')
        ? { ...catcher, ErrorEquals: ['States.ALL'] }
        : catcher,
    ),
  ),
  'renames foreign errors': calls((invoke) => async (...call) => {
    try {
      return await invoke(...call);
    } catch (error) {
      throw error instanceof TypeError ? new HoldfastError('WorkerLost', 'something happened') : error;
    }
  }),
  'answers for tasks that failed': calls(
    (invoke) =>
      async (...call) =>
        await invoke(...call).catch(() => null),
  ),
  'succeeds at Fail': misreads((state) => (state['Type'] === 'Fail' ? { Type: 'Succeed', Comment: 'c' } : state)),
  'hides the error that Fail hands on': misreads((state) =>
    'ErrorPath' in state ? { Type: 'Fail', Comment: 'c', Error: 'Internal', Cause: 'failed' } : state,
  ),
  'knows no TimeoutSeconds': misreads(without('TimeoutSeconds')),
  'lets timers overflow': times((milliseconds) => (milliseconds > 2 ** 31 - 1 ? 1 : milliseconds)),
  'hands out its own data': sharesData,
  'passes by every Wait': misreads((state) =>
    state['Type'] === 'Wait'
      ? { ...without('Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath')(state), Type: 'Pass' }
      : state,
  ),
  'never waits': times(() => 0),
  'waits a day too long': times((milliseconds) => milliseconds + 86_400_000),
  'gives the items of a Map nothing': misreads(changed('ItemSelector', () => ({}))),
  'runs all items of a Map at once': misreads(changed('MaxConcurrency', () => 40)),
  'runs one item of a Map after the other': misreads(changed('MaxConcurrency', () => 1)),
  'loses empty lists': keeps((file) => new LaxListJournal(file)),
  'swaps the branches of a Parallel': misreads(
    changed('Branches', (branches: readonly Fields[]) => [...branches].reverse()),
  ),
  'runs the first branch of a Parallel only': misreads(
    changed('Branches', (branches: readonly Fields[]) => branches.slice(0, 1)),
  ),
  'does not wait for stopped siblings': calls((invoke) => async (resource, input, task) => {
    const aborted = new Promise<never>((_, reject) => {
      task.signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
    return await Promise.race([invoke(resource, input, task), aborted]);
  }),
  'gives tasks a signal that never comes': calls(
    (invoke) => async (resource, input, task) =>
      await invoke(resource, input, { ...task, signal: new AbortController().signal }),
  ),
  'gives all items one path': calls(
    (invoke) => async (resource, input, task) =>
      await invoke(resource, input, { ...task, path: task.path.replaceAll(/\[\d+\]/g, '') }),
  ),
  'gives all visits one path': calls(
    (invoke) => async (resource, input, task) =>
      await invoke(resource, input, { ...task, path: task.path.replaceAll(/~\d+/g, '') }),
  ),
  'counts every attempt as the first': calls(
    (invoke) => async (resource, input, task) => await invoke(resource, input, { ...task, attempt: 0 }),
  ),
  'gives a restarted task a new identity': calls(
    (invoke, generation) => async (resource, input, task) =>
      await invoke(resource, input, { ...task, path: `${generation}/${task.path}` }),
  ),
  'starts a new execution each time': answers((runner) => {
    let starts = 0;
    return { start: async (request) => await runner.start({ ...request, name: `${request.name}-${starts++}` }) };
  }),
  'overlooks another input': answers((runner) => ({
    start: async (request) => {
      const running = await runner.describe(`${request.machine}:${request.name}`);
      return running ?? (await runner.start(request));
    },
  })),
  'starts machines that do not exist': answers((runner) => ({
    start: async (request) => await runner.start({ ...request, machine: 'flow' }),
  })),
  'does not know what it works on': answers((runner) => ({
    describe: async (id) => {
      const execution = await runner.describe(id);
      return execution === undefined ? undefined : { ...execution, activeStates: [] };
    },
  })),
  'lists the oldest first': answers((runner) => ({
    list: async (filter) => [...(await runner.list(filter))].reverse(),
  })),
  'lists everything': answers((runner) => ({ list: async () => await runner.list() })),
  'does not stop': answers(() => ({ stop: async () => undefined })),
  'stops only before the next start': keeps((file) => new StopForgettingJournal(file)),
  'calls stopped what has ended': answers((runner) => {
    const ids = new Set<string>();
    return {
      stop: async (id, reason) => {
        await runner.stop(id, reason);
        ids.add(id);
      },
      describe: async (id) => {
        const execution = await runner.describe(id);
        return execution === undefined ? undefined : isStopped(execution, ids);
      },
    };
  }),
  'stops what does not exist': answers((runner) => ({
    stop: async (id, reason) => {
      await runner.stop(id, reason).catch(() => undefined);
    },
  })),
  'forgets deadlines': keeps(
    (file, world) => new ForgetfulJournal(file, world, (row) => ({ ...row, dueAt: undefined })),
  ),
  'forgets attempts': keeps((file, world) => new ForgetfulJournal(file, world, (row) => ({ ...row, attempt: 0 }))),
  'forgets outcomes': keeps(
    (file, world) => new ForgetfulJournal(file, world, (row) => ({ ...row, outcome: undefined })),
  ),
  'forgets everything': keeps((file, world) => new ForgetfulJournal(file, world, () => undefined)),
  'runs by the newest machine': keeps((file, world) => new UpgradingJournal(file, world)),
} as const satisfies Record<string, OpenRunner>;

export type BrokenRunner = keyof typeof brokenRunners;
