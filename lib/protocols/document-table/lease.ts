// Leases in any catalog. A lease is broken only by an observer that saw it stand still for a whole term of its own monotonic clock;
// every change is conditional on the revision that was read, so two observers never both win.

import { HoldfastError, hasErrorName, invariant } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Catalog, Condition, Item, ItemKey } from '../../ports/catalog.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Lease, Leases } from '../../ports/lease.ts';

/** Leases watched at once by one process; the oldest observation is forgotten first, which only makes breaking later. */
const OBSERVATIONS_MAX = 10_000;

interface Observation {
  readonly revision: number;
  readonly seenAt: number;
}

export class DocumentLeases implements Leases {
  readonly #catalog: Catalog;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #observations = new Map<string, Observation>();

  constructor(catalog: Catalog, clock: Pick<Clock, 'monotonic'>) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  acquire(name: string, owner: string, termSeconds: number): Promise<Lease> {
    return this.#retried(name, async () => {
      const item = await this.#catalog.get(keyOf(name));
      if (item === undefined) return this.#write({ name, owner, heartbeat: 1 }, { kind: 'absent' });
      const held = readLease(name, item);
      if (held.owner === owner) return held;
      // The heartbeat goes on growing from owner to owner, so an observer never takes a new lease for the old one.
      const next = { name, owner, heartbeat: held.heartbeat + 1 };
      if (held.owner === NOBODY || this.#stoodStill(name, item, termSeconds))
        return this.#write(next, { kind: 'revision', revision: item.revision });
      throw heldBy(name, held.owner);
    });
  }

  renew(lease: Lease): Promise<Lease> {
    const { name, owner } = lease;
    return this.#retried(name, async () => {
      const item = await this.#catalog.get(keyOf(name));
      const held = item && readLease(name, item);
      if (item === undefined || held?.owner !== owner) throw heldBy(name, held?.owner ?? NOBODY);
      return this.#write({ name, owner, heartbeat: held.heartbeat + 1 }, { kind: 'revision', revision: item.revision });
    });
  }

  async release({ name, owner }: Pick<Lease, 'name' | 'owner'>): Promise<void> {
    await this.#retried(name, async () => {
      const item = await this.#catalog.get(keyOf(name));
      const held = item && readLease(name, item);
      if (item === undefined || held?.owner !== owner) return;
      await this.#write(
        { name, owner: NOBODY, heartbeat: held.heartbeat + 1 },
        { kind: 'revision', revision: item.revision },
      );
    });
  }

  /** Remembers what was seen; true when nothing changed since a look at least one term ago. */
  #stoodStill(name: string, item: Item, termSeconds: number): boolean {
    const now = this.#clock.monotonic();
    const before = this.#observations.get(name);
    if (before?.revision === item.revision) return now - before.seenAt >= termSeconds * 1000;
    const oldest = this.#observations.keys().next();
    if (this.#observations.size >= OBSERVATIONS_MAX && oldest.done !== true) this.#observations.delete(oldest.value);
    this.#observations.delete(name);
    this.#observations.set(name, { revision: item.revision, seenAt: now });
    return false;
  }

  async #write(lease: Lease, condition: Condition): Promise<Lease> {
    const value = { owner: lease.owner, heartbeat: lease.heartbeat };
    await this.#catalog.transact([{ kind: 'put', key: keyOf(lease.name), value, condition }]);
    this.#observations.delete(lease.name);
    return lease;
  }

  /** A lost condition means that somebody was quicker: look again and decide anew. */
  async #retried<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (let left: number = LIMITS.conditionRetriesMax; ; left -= 1) {
      try {
        return await work();
      } catch (error) {
        if (!hasErrorName(error, 'ConditionFailed')) throw error;
        if (left === 0) throw heldBy(name, 'contenders');
      }
    }
  }
}

/** The catalog has no deletion, so a free lease is one that nobody owns. */
const NOBODY = '';

const keyOf = (name: string): ItemKey => ({ partition: 'leases', sort: name });

function readLease(name: string, item: Item): Lease {
  const { owner, heartbeat } = item.value;
  invariant(typeof owner === 'string' && typeof heartbeat === 'number', `lease '${name}' has an owner and a heartbeat`);
  return { name, owner, heartbeat };
}

const heldBy = (name: string, owner: string): HoldfastError =>
  new HoldfastError(
    'LeaseHeld',
    `unable to hold lease '${name}': ${owner === NOBODY ? 'it was given up' : `'${owner}' has it`}`,
    { lease: name, owner },
  );
