// Kills a simulated process at its k-th effect: before it, or after it with the reply lost. From then on nothing of that process
// ever settles again, as if it had never come back from the call.

import type { Catalog } from '../../../lib/ports/catalog.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import type { ProcessView, TestWorld } from '../../flows/test-platform.ts';

export interface CrashPoint {
  /** Counts from 1. */
  readonly effect: number;
  readonly side: 'before' | 'after';
}

export class CrashGate {
  /** Names of the effects in the order in which they began. */
  readonly effects: string[] = [];
  /** Settles when the process has died; never for a process that nothing kills. */
  readonly crashed: Promise<void>;
  readonly #at: CrashPoint | undefined;
  #die: () => void = () => undefined;
  #isDead = false;

  constructor(at?: CrashPoint) {
    this.#at = at;
    this.crashed = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Something that changes the world. */
  async effect<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (this.#isDead) return await never();
    this.effects.push(name);
    const isHere = this.#at?.effect === this.effects.length;
    if (isHere && this.#at.side === 'before') return await this.#crash();
    const answer = await settled(run);
    if (isHere) return await this.#crash();
    return await this.#giveOut(answer);
  }

  /** Reading, sleeping: changes nothing, but a dead process does not come back from it either. */
  async pass<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isDead) return await never();
    return await this.#giveOut(await settled(run));
  }

  async #giveOut<T>(answer: Settled<T>): Promise<T> {
    if (this.#isDead) return await never();
    if ('error' in answer) throw answer.error;
    return answer.value;
  }

  async #crash(): Promise<never> {
    this.#isDead = true;
    this.#die();
    return await never();
  }
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

const settled = async <T>(run: () => Promise<T>): Promise<Settled<T>> => {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
};

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The world through the gate. Polling is no effect: how often it happens depends on the machine's speed. */
export function gatedView(world: TestWorld, gate: CrashGate): ProcessView {
  const clock: Clock = {
    ...world.clock,
    sleep: (milliseconds, signal) => gate.pass(() => world.clock.sleep(milliseconds, signal)),
  };
  return {
    clock,
    // One heartbeat per attempt: more would make the number of effects depend on the machine's speed.
    workerClock: { ...clock, sleep: (_milliseconds, signal) => gate.pass(() => untilAborted(signal)) },
    catalog: gatedCatalog(world.catalog, gate),
    store: (store) => gatedStore(store, gate),
    task: (resource, run) => (resource.includes('/await-') ? gate.pass(run) : gate.effect(`task ${resource}`, run)),
    effect: (name, run) => gate.effect(name, run),
  };
}

const untilAborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });

const gatedCatalog = (catalog: Catalog, gate: CrashGate): Catalog => ({
  get: (key) => gate.pass(() => catalog.get(key)),
  query: (query) => gate.pass(() => catalog.query(query)),
  // Keeping an observation of a poll is no effect either.
  transact: (writes) =>
    writes[0]?.key.partition.startsWith('observed#') === true
      ? gate.pass(() => catalog.transact(writes))
      : gate.effect(`transact ${writes[0]?.key.partition ?? ''} ${writes[0]?.key.sort ?? ''}`, () =>
          catalog.transact(writes),
        ),
});

const gatedStore = (store: ObjectStore, gate: CrashGate): ObjectStore => ({
  name: store.name,
  capabilities: store.capabilities,
  place: () => gate.pass(() => store.place()),
  put: (key, parts, options) => gate.effect(`put ${store.name} ${key}`, () => store.put(key, parts, options)),
  get: (key, options) => gate.pass(() => store.get(key, options)),
  stat: (key, version) => gate.pass(() => store.stat(key, version)),
  list: (prefix, options) => gate.pass(() => store.list(prefix, options)),
  extendLock: (key, version, until) => gate.effect(`lock ${key}`, () => store.extendLock(key, version, until)),
  deleteVersion: () => {
    throw new Error('nothing may be deleted: the deletion protocol is not built');
  },
});
