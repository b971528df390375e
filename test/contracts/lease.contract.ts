// The contract of lib/ports/lease.ts, for every adapter: one owner at a time, broken only after a whole term of standing still.

import { expect } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { Lease, Leases } from '../../lib/ports/lease.ts';
import type { FixedClock } from '../fakes/fixed-clock.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

export interface LeaseSubject {
  /** Two processes that see the same leases, each with observations of its own. */
  readonly first: Leases;
  readonly second: Leases;
  /** The clock of both. */
  readonly clock: FixedClock;
}

export function leaseContract(name: string, make: MakeSubject<LeaseSubject>): void {
  runContract(`lease contract: ${name}`, leaseCases, make);
}

export function leaseMutants(name: string, make: MakeSubject<LeaseSubject>): void {
  runMutants(`lease contract: ${name}`, leaseCases, make);
}

const NAME = 'repository/orders-db';
const TERM = 30;

const take = (leases: Leases, owner: string): Promise<Lease> => leases.acquire(NAME, owner, TERM);

const both =
  (changes: (leases: Leases, subject: LeaseSubject) => Partial<Leases>) =>
  (subject: LeaseSubject): LeaseSubject => ({
    ...subject,
    first: instead(subject.first, changes(subject.first, subject)),
    second: instead(subject.second, changes(subject.second, subject)),
  });

/** Lets the observer look for so long that it may break whatever stands still, and look once more. */
async function breakIt(leases: Leases, owner: string, clock: FixedClock): Promise<Lease> {
  const lease = await take(leases, owner).catch(() => undefined);
  if (lease !== undefined) return lease;
  clock.advance(TERM * 1000);
  return take(leases, owner);
}

const breakingAtOnce = both((leases) => ({
  acquire: async (name, owner, termSeconds) => {
    try {
      return await leases.acquire(name, owner, termSeconds);
    } catch (error) {
      await leases.release({ name, owner: String((error as HoldfastError).facts.owner) });
      return leases.acquire(name, owner, termSeconds);
    }
  },
}));

/** Breaks whatever is held once the given clock has moved on by a term since this observer's first look, whatever happened meanwhile. */
const breakingBy = (time: (clock: FixedClock) => number) =>
  both((leases, { clock }) => {
    let firstLook: number | undefined;
    return {
      acquire: async (name, owner, termSeconds) => {
        try {
          return await leases.acquire(name, owner, termSeconds);
        } catch (error) {
          firstLook ??= time(clock);
          if (time(clock) - firstLook < termSeconds * 1000) throw error;
          await leases.release({ name, owner: String((error as HoldfastError).facts.owner) });
          return leases.acquire(name, owner, termSeconds);
        }
      },
    };
  });

const holding: readonly ContractCase<LeaseSubject>[] = [
  {
    title: 'acquire of a free lease - ours; for others held, and the error names the owner',
    run: async ({ first, second }) => {
      const lease = await take(first, 'execution-1');

      const failure = await failureOf(take(second, 'execution-2'));

      expect(lease).toMatchObject({ name: NAME, owner: 'execution-1' });
      expect(failure).toMatchObject({ name: 'LeaseHeld', facts: { owner: 'execution-1' } });
    },
    mutants: {
      'gives it to everybody': both(() => ({ acquire: async (name, owner) => ({ name, owner, heartbeat: 1 }) })),
      'does not say who has it': both((leases) => ({
        acquire: (...all) =>
          leases.acquire(...all).catch(() => {
            throw new HoldfastError('LeaseHeld', 'held');
          }),
      })),
      'gives it to the wrong owner': both((leases) => ({
        acquire: (name, owner, term) => leases.acquire(name, `${owner}0`, term),
      })),
    },
  },
  {
    title: 'acquire of one’s own lease - given again, also through another process',
    run: async ({ first, second }) => {
      await take(first, 'execution-1');

      expect(await take(first, 'execution-1')).toMatchObject({ owner: 'execution-1' });
      expect(await take(second, 'execution-1')).toMatchObject({ owner: 'execution-1' });
    },
    mutants: {
      'locks its owner out': both((leases) => {
        const taken = new Set<string>();
        return {
          acquire: async (name, owner, term) => {
            if (taken.has(owner)) throw new HoldfastError('LeaseHeld', 'by yourself', { owner });
            taken.add(owner);
            return leases.acquire(name, owner, term);
          },
        };
      }),
    },
  },
  {
    title: 'leases of two names - nothing to do with each other',
    run: async ({ first, second }) => {
      await take(first, 'execution-1');

      expect(await second.acquire(`${NAME}-2`, 'execution-2', TERM)).toMatchObject({ owner: 'execution-2' });
    },
    mutants: {
      'has one lease for everything': both((leases) => ({
        acquire: (_name, owner, term) => leases.acquire('all', owner, term),
      })),
    },
  },
  {
    title: 'acquire by many at once - exactly one has it',
    run: async ({ first, second }) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => take(index % 2 === 0 ? first : second, `execution-${index}`)),
      );

      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    },
    mutants: {
      'takes what was free a moment ago': both(() => ({
        acquire: async (name, owner) => {
          await Promise.resolve();
          return { name, owner, heartbeat: 1 };
        },
      })),
    },
  },
  {
    title: 'renew - the heartbeat grows',
    run: async ({ first }) => {
      const lease = await take(first, 'execution-1');
      const second = await first.renew(lease);
      const third = await first.renew(second);

      expect(second.heartbeat).toBeGreaterThan(lease.heartbeat);
      expect(third.heartbeat).toBeGreaterThan(second.heartbeat);
    },
    mutants: { 'does not beat': both(() => ({ renew: async (lease) => lease })) },
  },
  {
    title: 'renew with an older heartbeat of one’s own - goes on: the answer of a renewal may have been lost',
    run: async ({ first }) => {
      const lease = await take(first, 'execution-1');
      const renewed = await first.renew(lease);

      expect((await first.renew(lease)).heartbeat).toBeGreaterThan(renewed.heartbeat);
    },
    mutants: {
      'demands the newest heartbeat': both((leases) => {
        let newest = 0;
        return {
          renew: async (lease) => {
            if (lease.heartbeat < newest) throw new HoldfastError('LeaseHeld', 'old heartbeat', { owner: lease.owner });
            const renewed = await leases.renew(lease);
            newest = renewed.heartbeat;
            return renewed;
          },
        };
      }),
    },
  },
];

const breaking: readonly ContractCase<LeaseSubject>[] = [
  {
    title: 'first look at a held lease - never breaks it, however old it is',
    run: async ({ first, second, clock }) => {
      await take(first, 'execution-1');
      clock.advance(24 * 3600 * 1000);

      expect((await failureOf(take(second, 'execution-2'))).name).toBe('LeaseHeld');
    },
    mutants: { 'breaks at once': breakingAtOnce },
  },
  {
    title: 'lease that stood still for a whole term of watching - taken over, and renewal fails for the former owner',
    run: async ({ first, second, clock }) => {
      const lease = await take(first, 'execution-1');

      const taken = await breakIt(second, 'execution-2', clock);

      expect(taken).toMatchObject({ owner: 'execution-2' });
      expect(taken.heartbeat).toBeGreaterThan(lease.heartbeat);
      expect(await failureOf(first.renew(lease))).toMatchObject({ name: 'LeaseHeld', facts: { owner: 'execution-2' } });
    },
    mutants: {
      'never breaks': both((leases) => ({
        acquire: async (name, owner, term) => leases.acquire(name, owner, term * 1000),
      })),
      'renews whatever is asked': both((leases) => ({
        renew: (lease) => leases.renew(lease).catch(() => ({ ...lease, heartbeat: lease.heartbeat + 1 })),
      })),
      'counts heartbeats anew for every owner': both((leases) => ({
        acquire: async (...all) => ({ ...(await leases.acquire(...all)), heartbeat: 1 }),
      })),
    },
  },
  {
    title: 'watching for less than a term - not broken',
    run: async ({ first, second, clock }) => {
      await take(first, 'execution-1');
      await failureOf(take(second, 'execution-2'));
      clock.advance(TERM * 1000 - 1);

      expect((await failureOf(take(second, 'execution-2'))).name).toBe('LeaseHeld');
    },
    mutants: {
      'takes the term for milliseconds': both((leases) => ({
        acquire: (name, owner, term) => leases.acquire(name, owner, term / 1000),
      })),
    },
  },
  {
    title: 'heartbeat between two looks - the term begins anew',
    run: async ({ first, second, clock }) => {
      const lease = await take(first, 'execution-1');
      await failureOf(take(second, 'execution-2'));
      clock.advance(TERM * 1000 - 1);
      await first.renew(lease);
      clock.advance(TERM * 1000 - 1);
      await failureOf(take(second, 'execution-2'));
      clock.advance(TERM * 1000 - 1);

      expect((await failureOf(take(second, 'execution-2'))).name).toBe('LeaseHeld');
    },
    mutants: { 'counts from its first look': breakingBy((clock) => clock.monotonic()) },
  },
  {
    title: 'wall clock that jumps - breaks nothing',
    run: async ({ first, second, clock }) => {
      await take(first, 'execution-1');
      await failureOf(take(second, 'execution-2'));
      clock.jumpTo('2031-01-01T00:00:00.000Z');

      expect((await failureOf(take(second, 'execution-2'))).name).toBe('LeaseHeld');
    },
    mutants: { 'goes by the wall clock': breakingBy((clock) => clock.now()) },
  },
  {
    title: 'new owner after a break - the former observer’s watch begins anew',
    run: async ({ first, second, clock }) => {
      await take(first, 'execution-1');
      await failureOf(take(first, 'execution-3'));
      await breakIt(second, 'execution-2', clock);

      expect((await failureOf(take(first, 'execution-3'))).name).toBe('LeaseHeld');
    },
    mutants: { 'counts from its first look': breakingBy((clock) => clock.monotonic()) },
  },
];

const releasing: readonly ContractCase<LeaseSubject>[] = [
  {
    title: 'release - free for others at once, twice as well as once',
    run: async ({ first, second }) => {
      const lease = await take(first, 'execution-1');
      await first.release(lease);
      await first.release(lease);

      expect(await take(second, 'execution-2')).toMatchObject({ owner: 'execution-2' });
    },
    mutants: {
      'keeps it': both(() => ({ release: async () => undefined })),
      'refuses to do it twice': both((leases) => {
        const released = new Set<string>();
        return {
          release: async (lease) => {
            if (released.has(lease.owner)) throw new HoldfastError('NotFound', 'no lease');
            released.add(lease.owner);
            await leases.release(lease);
          },
        };
      }),
    },
  },
  {
    title: 'release of a lease that another owner has by now - stays with that owner',
    run: async ({ first, second, clock }) => {
      const lease = await take(first, 'execution-1');
      await breakIt(second, 'execution-2', clock);

      await first.release(lease);

      expect((await failureOf(take(first, 'execution-3'))).facts).toMatchObject({ owner: 'execution-2' });
    },
    mutants: {
      'frees whatever is there': both((leases) => ({
        release: async ({ name }) => {
          const owner = await leases.acquire(name, 'nobody', TERM).then(
            () => 'nobody',
            (error: unknown) => String((error as HoldfastError).facts.owner),
          );
          await leases.release({ name, owner });
        },
      })),
    },
  },
  {
    title: 'renew after release - LeaseHeld: somebody may have had it meanwhile',
    run: async ({ first }) => {
      const lease = await take(first, 'execution-1');
      await first.release(lease);

      expect((await failureOf(first.renew(lease))).name).toBe('LeaseHeld');
    },
    mutants: {
      'takes it again in silence': both((leases) => ({
        renew: async (lease) => leases.renew(await leases.acquire(lease.name, lease.owner, TERM)),
      })),
    },
  },
];

export const leaseCases: readonly ContractCase<LeaseSubject>[] = [...holding, ...breaking, ...releasing];
