// Runs the model of the record protocol: with all guards nothing breaks, and without any one of them something does.
import { describe, expect, test } from '@jest/globals';

import { GUARDS, allGuards, withoutGuard } from './guards.ts';
import type { Guard, Guards } from './guards.ts';
import type { World } from './protocol-state.ts';
import { recordProtocol } from './record-protocol.ts';
import { search } from './state-search.ts';
import type { SearchResult } from './state-search.ts';

/** Twice the largest search there is: a model that grows past it no longer fits into a test. */
const STATES_MAX = 1_200_000;
const EVERYBODY: World = { pruners: 2, rots: 1 };

function run(title: string, guards: Guards, world: World): SearchResult {
  const start = process.cpuUsage().user;
  const result = search(recordProtocol(guards, world), STATES_MAX);
  const seconds = ((process.cpuUsage().user - start) / 1e6).toFixed(1);
  process.stdout.write(`  ${title}: ${result.states} states, depth ${result.depth}, ${seconds} s\n`);
  return result;
}

describe('all guards in place', () => {
  test.each<[string, World, readonly string[]]>([
    [
      'two pruners, two backups that share a pack, a restorer, an officer',
      { pruners: 2, rots: 0 },
      ['pruner2 condemns it', 'pruner2 resumes'],
    ],
    ['the same with one pruner and a pack that rots', { pruners: 1, rots: 1 }, ['pack A1 rots', 'pack B1 rots']],
  ])('%s - no order of steps breaks an invariant', (title, world, further) => {
    const result = run(title, allGuards, world);

    expect(result.violation).toBeUndefined();
    // A protocol that forbids everything would hold as well: all of this must have happened.
    expect([...result.stepsTaken]).toEqual(
      expect.arrayContaining([
        'A2 completes',
        'B1 completes',
        'B1 crashes',
        'pruner1 deletes pack A1',
        'pruner1 is done',
        'restorer reads pack A2',
        'restorer marks its target healthy',
        'an observer breaks the lease of the silent restorer',
        'officer places a hold on B',
        'officer releases the hold',
        'collector removes orphan A1',
        ...further,
      ]),
    );
  });
});

describe('one guard taken out (traps 25, 28, 30, 31, 38)', () => {
  const BREAKS: Readonly<Record<Guard, string>> = {
    fenceAtBegin: 'I-3: completed backup B needs bytes that are gone',
    fenceAtCommit: 'I-3: completed backup B needs bytes that are gone',
    attemptKeys: 'I-4: a late attempt overwrites bytes of a completed backup',
    dedupCompletedOnly: 'I-1: backup B completes while a byte is not proven in every copy',
    condemnedCheck: 'I-3: completed backup B needs bytes that are gone',
    verification: 'I-1: backup A completes while a byte is not proven in every copy',
    verifyReused: 'I-1: backup B completes while a byte is not proven in every copy',
    replication: 'I-1: backup A completes while a byte is not proven in every copy',
    fenceAtPrune: 'I-0: the last restorable backup expires',
    fenceAtExpire: 'I-0: the last restorable backup expires',
    fenceAtCondemn: 'I-3: completed backup B needs bytes that are gone',
    conditionalExpire: 'I-2: a held backup expires',
    keepLast: 'I-0: the last restorable backup expires',
    holdCheck: 'I-2: a held backup expires',
    leaseCheck: 'I-5: a running restore loses its bytes',
    keepShared: 'I-3: completed backup B needs bytes that are gone',
    twoPhase: 'I-3: completed backup B needs bytes that are gone',
    grace: 'I-1: backup A completes while a byte is not proven in every copy',
    holdIsConditional: 'I-2: bytes of a held backup are deleted',
    leaseIsConditional: 'I-5: a running restore loses its bytes',
    restoreLease: 'I-5: a running restore loses its bytes',
    markLast: 'I-5: a failed restore leaves a target that looks healthy',
  };

  test.each(Object.keys(GUARDS) as Guard[])('%s - the search finds what breaks', (guard) => {
    const result = run(`without ${guard}`, withoutGuard(guard), EVERYBODY);

    expect(result.violation?.message).toBe(BREAKS[guard]);
  });
});
