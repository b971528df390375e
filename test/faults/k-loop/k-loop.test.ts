// The k-loop: for every effect of a backup and of a recovery, kill the process before it, and after it with the reply lost, and let
// the power fail on its disks; start again, drain, and demand the invariants. A run that never reaches its k is a failure of the loop itself.

import { describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import { newestRestorable } from '../../../lib/records/backups.ts';
import { planRecovery } from '../../../lib/recovery/plan-recovery.ts';
import { requestRecovery } from '../../../lib/recovery/request-recovery.ts';
import { loadQueue } from '../../../lib/scheduling/queue.ts';
import { tick } from '../../../lib/scheduling/tick.ts';
import { aStorePolicy } from '../../builders/store-policy.ts';
import { startProcess, testWorld } from '../../flows/test-platform.ts';
import type { TestProcess, TestWorld } from '../../flows/test-platform.ts';
import type { Fate } from '../lossy-files.ts';
import { CrashGate, gatedView } from './crash-gate.ts';
import type { CrashPoint } from './crash-gate.ts';
import { STORE, checkInvariants, hashesOf } from './invariants.ts';

/** A loop that found fewer effects than this lost its subject. */
const BACKUP_EFFECTS_MIN = 60;
const RECOVERY_EFFECTS_MIN = 15;
const DRAIN_ROUNDS_MAX = 20;
const LOOP_SECONDS_MAX = 600;

const schedule = { id: `${STORE}/full`, cron: '0 2 * * *', timeZone: 'UTC', type: 'full' as const };

/** Two units of several packs, two copies, and a dump that fails once, so that a retry is part of every run. */
async function freshWorld(): Promise<TestWorld> {
  const world = testWorld({ policies: [aStorePolicy({ store: STORE, schedules: [schedule] })], hasLossyDisks: true });
  await tick(startProcess(world));
  world.clock.advance(24 * 3_600_000);
  let failures = 1;
  world.scripted.onDump = (unit, file) => {
    if (unit !== 'right' || file !== 'file-2.bin' || failures === 0) return;
    failures--;
    throw new HoldfastError('DumpToolFailed', 'the tool stopped in the middle');
  };
  return world;
}

async function runToTheEnd(world: TestWorld, process: TestProcess): Promise<void> {
  await process.flows.resume();
  for (let round = 0; round < DRAIN_ROUNDS_MAX; round++) {
    await tick(process);
    await process.flows.drain();
    const { queue } = await loadQueue(world.catalog);
    if (queue.active.length === 0 && queue.pending.length === 0) return;
    world.clock.advance(60_000);
  }
  throw new Error('the platform did not come to rest');
}

async function backUpOnce(world: TestWorld, at?: CrashPoint): Promise<CrashGate> {
  const gate = new CrashGate(at);
  const process = startProcess(world, gatedView(world, gate));
  await Promise.race([runToTheEnd(world, process), gate.crashed]);
  return gate;
}

async function recoverOnce(world: TestWorld, planId: string, at?: CrashPoint): Promise<CrashGate> {
  const gate = new CrashGate(at);
  const process = startProcess(world, gatedView(world, gate));
  const work = async (): Promise<void> => {
    await requestRecovery(process, { planId, requestedBy: 'test', idempotencyKey: 'one' });
    await process.flows.drain();
  };
  await Promise.race([work(), gate.crashed]);
  return gate;
}

/** The machine went down with the process: whatever no sync has made durable is lost, kept or cut, by a draw that follows from k. */
function losePower(world: TestWorld, { effect, side }: CrashPoint): void {
  let state = effect * 2 + (side === 'after' ? 1 : 0);
  const fates = ['lost', 'kept', 'cut'] as const;
  const draw = (): Fate => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return fates[(state >>> 8) % fates.length] ?? 'lost';
  };
  for (const disk of world.disks) disk.crash(draw);
}

const points = (effects: number): CrashPoint[] =>
  Array.from({ length: effects }, (_, k) => k + 1).flatMap((effect) => [
    { effect, side: 'before' as const },
    { effect, side: 'after' as const },
  ]);

describe('k-loop', () => {
  it(
    'backup: killed at every effect, on either side - ends settled, and whatever says completed gives back every byte from both copies',
    async () => {
      const clean = await freshWorld();
      const { effects } = await backUpOnce(clean);
      await checkInvariants(clean, new Map());
      expect((await newestRestorable(clean.catalog, STORE))?.status).toBe('completed');
      expect(effects.length).toBeGreaterThanOrEqual(BACKUP_EFFECTS_MIN);
      expect(
        effects.filter((name) => name.startsWith('put primary') && name.includes('/packs/')).length,
      ).toBeGreaterThanOrEqual(4);
      clean.close();

      let unreached = 0;
      for (const at of points(effects.length)) {
        const world = await freshWorld();
        const gate = await backUpOnce(world, at);
        if (!gate.isDead) unreached++;
        losePower(world, at);
        const written = await hashesOf(world);
        await runToTheEnd(world, startProcess(world));
        await checkInvariants(world, written).catch((error: unknown) => {
          throw new Error(`killed ${at.side} effect ${at.effect} (${effects[at.effect - 1] ?? ''}): ${String(error)}`);
        });
        expect((await newestRestorable(world.catalog, STORE))?.status).toBe('completed');
        world.close();
      }
      process.stdout.write(`k-loop backup: N = ${effects.length} effects, ${2 * effects.length} crashes\n`);
      // Uploads overlap, so two runs may order a few effects differently, but every point must be met.
      expect(unreached).toBe(0);
    },
    LOOP_SECONDS_MAX * 1000,
  );

  it(
    'recovery: killed at every effect, on either side - ends settled, and a target looks healthy only when it is whole',
    async () => {
      const prepared = async () => {
        const world = await freshWorld();
        const quiet = startProcess(world);
        await runToTheEnd(world, quiet);
        const target = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-k-')), 'restored');
        const plan = await planRecovery(quiet, {
          store: STORE,
          target: { kind: 'directory', path: target },
          options: {},
          requestedBy: 'test',
        });
        return { world, plan };
      };
      const clean = await prepared();
      const { effects } = await recoverOnce(clean.world, clean.plan.id);
      await checkInvariants(clean.world, new Map());
      expect(effects.length).toBeGreaterThanOrEqual(RECOVERY_EFFECTS_MIN);

      let unreached = 0;
      for (const at of points(effects.length)) {
        const { world, plan } = await prepared();
        const gate = await recoverOnce(world, plan.id, at);
        if (!gate.isDead) unreached++;
        losePower(world, at);
        const next = startProcess(world);
        await next.flows.resume();
        // A client whose request got no answer asks again with its key.
        await requestRecovery(next, { planId: plan.id, requestedBy: 'test', idempotencyKey: 'one' });
        await next.flows.drain();
        await checkInvariants(world, new Map()).catch((error: unknown) => {
          throw new Error(`killed ${at.side} effect ${at.effect} (${effects[at.effect - 1] ?? ''}): ${String(error)}`);
        });
        world.close();
      }
      process.stdout.write(`k-loop recovery: N = ${effects.length} effects, ${2 * effects.length} crashes\n`);
      expect(unreached).toBe(0);
    },
    LOOP_SECONDS_MAX * 1000,
  );
});
