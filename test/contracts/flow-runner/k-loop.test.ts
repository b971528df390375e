// The k-loop of the embedded runner: for every commit of its journal and every task call, the process dies before it, and after it
// with the reply lost; the next process goes on. All in one process, all k on every run.

import { describe, expect, test } from '@jest/globals';

import { JournalFlowRunner } from '../../../lib/clouds/local/flow-runner/flow-runner.ts';
import { Journal, type StateRow } from '../../../lib/clouds/local/flow-runner/journal.ts';
import type { JsonValue } from '../../../lib/domain/json.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { Log } from '../../../lib/ports/telemetry.ts';
import { answerOf, longFlow, longInput } from './long-flow.ts';
import { steppedClock } from './stepped-clock.ts';

const POLLS = 2;
const WIDTH = 3;
/** Fewer effects than this, and the loop has lost its subject. */
const EFFECTS_MIN = 90;

type Side = 'before' | 'after';

/** A process that dies at its k-th effect: from then on nothing in it settles, and it writes nothing. */
class Mortal {
  readonly #k: number;
  readonly #side: Side;
  effects = 0;
  isDead = false;
  die: () => void = () => undefined;
  readonly death = new Promise<void>((resolve) => {
    this.die = resolve;
  });

  constructor(k: number, side: Side) {
    this.#k = k;
    this.#side = side;
  }

  /** A commit: it cannot wait for ever, so a dead process throws; nothing it does afterwards gets anywhere either. */
  commit<T>(run: () => T): T {
    this.#live();
    const isHere = ++this.effects === this.#k;
    if (isHere && this.#side === 'before') this.#end();
    const result = run();
    if (isHere) this.#end();
    return result;
  }

  async call<T>(run: () => T): Promise<T> {
    const isHere = ++this.effects === this.#k;
    if (this.isDead) return await forever();
    if (isHere && this.#side === 'before') return await this.#vanish();
    const result = await new Promise<T>((resolve) => setImmediate(() => resolve(run())));
    if (isHere) return await this.#vanish();
    return this.isDead ? await forever() : result;
  }

  #live(): void {
    if (this.isDead) throw new Error('this process is dead');
  }

  #end(): never {
    this.isDead = true;
    this.die();
    throw new Error('killed');
  }

  async #vanish(): Promise<never> {
    this.isDead = true;
    this.die();
    return await forever();
  }
}

const forever = async (): Promise<never> => await new Promise(() => undefined);

/** What outlives every process. */
interface World {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly calls: string[];
  /** Tries whose end is durable: none of them may be called again. */
  readonly settled: Set<string>;
  /** Those that were called again all the same. */
  readonly relapses: string[];
  readonly forgets: boolean;
}

/** The one journal, as a mortal process sees it. */
class MortalJournal extends Journal {
  readonly #world: World;
  readonly #mortal: Mortal;

  constructor(world: World, mortal: Mortal) {
    super(':memory:');
    this.#world = world;
    this.#mortal = mortal;
  }

  override begin(...row: Parameters<Journal['begin']>): boolean {
    return this.#mortal.commit(() => this.#world.journal.begin(...row));
  }

  override end(...ending: Parameters<Journal['end']>): boolean {
    return this.#mortal.commit(() => this.#world.journal.end(...ending));
  }

  override enter(...spot: Parameters<Journal['enter']>): void {
    this.#mortal.commit(() => this.#world.journal.enter(...spot));
  }

  override delay(...delay: Parameters<Journal['delay']>): void {
    this.#mortal.commit(() => {
      this.#world.journal.delay(...delay);
      this.#world.settled.add(`${delay[0].path}#${delay[2].attempt - 1}`);
    });
  }

  override leave(...leave: Parameters<Journal['leave']>): void {
    this.#mortal.commit(() => {
      const attempt = this.#world.journal.state(leave[0].execution, leave[0].path)?.attempt ?? 0;
      this.#world.journal.leave(...leave);
      this.#world.settled.add(`${leave[0].path}#${attempt}`);
    });
  }

  override state(...spot: Parameters<Journal['state']>): StateRow | undefined {
    const row = this.#world.journal.state(...spot);
    return row !== undefined && this.#world.forgets ? { ...row, outcome: undefined } : row;
  }

  override execution(id: string): ReturnType<Journal['execution']> {
    return this.#world.journal.execution(id);
  }

  override runningIds(): readonly string[] {
    return this.#world.journal.runningIds();
  }

  override activePaths(id: string): readonly string[] {
    return this.#world.journal.activePaths(id);
  }
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function process(world: World, mortal: Mortal): JournalFlowRunner {
  const { clock } = world;
  return new JournalFlowRunner(
    {
      file: ':memory:',
      machines: new Map([['long', longFlow]]),
      log: silent,
      clock: {
        ...clock,
        sleep: async (milliseconds, signal) => {
          if (mortal.isDead) return await forever();
          await clock.sleep(milliseconds, signal);
          return mortal.isDead ? await forever() : undefined;
        },
      },
      invoke: async (resource, input, task) => {
        const key = `${task.path}#${task.attempt}`;
        const answer = await mortal.call(() => {
          if (world.settled.has(key)) world.relapses.push(key);
          world.calls.push(key);
          return caught(() => answerOf(resource, input, task, POLLS));
        });
        if ('error' in answer) throw answer.error;
        return answer.value;
      },
    },
    new MortalJournal(world, mortal),
  );
}

function caught(run: () => JsonValue): { readonly value: JsonValue } | { readonly error: Error } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error as Error };
  }
}

interface Played {
  readonly output: JsonValue | undefined;
  readonly status: string;
  readonly calls: readonly string[];
  readonly relapses: readonly string[];
  readonly effects: number;
  readonly deaths: number;
  readonly seconds: number;
}

/** One life until the k-th effect, and a second one to the end. */
async function play(k: number, side: Side, forgets = false): Promise<Played> {
  const world: World = {
    journal: new Journal(':memory:'),
    clock: steppedClock(),
    calls: [],
    settled: new Set(),
    relapses: [],
    forgets,
  };
  let deaths = 0;
  let effects = 0;
  for (const mortal of [new Mortal(k, side), new Mortal(0, side)]) {
    const runner = process(world, mortal);
    const life = (async () => {
      // Whoever asked for the start and got no answer asks again.
      await runner.start({ machine: 'long', name: 'one', input: longInput });
      await runner.resume();
      await runner.drain();
    })();
    life.catch(() => undefined);
    await Promise.race([life, mortal.death]);
    effects = Math.max(effects, mortal.effects);
    if (!mortal.isDead) break;
    deaths += 1;
  }
  const [execution] = world.journal.executions({ limit: 1 });
  world.journal.close();
  const output = execution?.output === undefined ? undefined : (JSON.parse(execution.output) as JsonValue);
  const seconds = ((execution?.endedAt ?? Number.NaN) - (execution?.startedAt ?? 0)) / 1000;
  return {
    output,
    status: execution?.status ?? 'none',
    calls: world.calls,
    relapses: world.relapses,
    effects,
    deaths,
    seconds,
  };
}

describe('flow runner killed at every effect', () => {
  test('every k, before and after - ends like a clean run, and no finished task is called again', async () => {
    const clean = await play(0, 'before');
    const complaints: string[] = [];

    expect(clean.status).toBe('succeeded');
    expect(clean.effects).toBeGreaterThan(EFFECTS_MIN);
    for (let k = 1; k <= clean.effects; k++) {
      for (const side of ['before', 'after'] as const) {
        complaints.push(
          ...differences(await play(k, side), clean).map((complaint) => `${side} effect ${k}: ${complaint}`),
        );
      }
    }
    expect(complaints).toEqual([]);
  });

  test('a journal that forgets outcomes - is noticed', async () => {
    const clean = await play(0, 'before');
    const forgetful = await play(Math.floor(clean.effects / 2), 'after', true);

    expect(differences(forgetful, clean)).not.toEqual([]);
  });
});

function differences(played: Played, clean: Played): readonly string[] {
  const repeated = played.calls.length - new Set(played.calls).size;
  return [
    ...(played.deaths === 1 ? [] : [`${played.deaths} deaths: this effect was never reached`]),
    ...(played.status === 'succeeded' ? [] : [`ended as ${played.status}`]),
    ...(JSON.stringify(played.output) === JSON.stringify(clean.output) ? [] : ['another output']),
    ...(played.seconds === clean.seconds ? [] : [`took ${played.seconds} s instead of ${clean.seconds}`]),
    ...played.relapses.map((key) => `${key} was called again although its end was durable`),
    ...(repeated <= WIDTH ? [] : [`${repeated} calls repeated, at most ${WIDTH} were in flight`]),
    ...([...new Set(played.calls)].sort().join() === [...new Set(clean.calls)].sort().join()
      ? []
      : ['another set of calls']),
  ];
}
