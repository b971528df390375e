// Loses the power at every step of an action, once before it and once after it, and lets every change that was not synced survive or
// not in many ways; after each loss the scenario's check says whether the world is one that the promises allow.

import type { ChooseFate, Fate } from './lossy-files.ts';
import { LossyFiles } from './lossy-files.ts';

export interface PowerLossScenario<Prepared> {
  prepare(files: LossyFiles): Promise<Prepared>;
  act(files: LossyFiles, prepared: Prepared): Promise<unknown>;
  /** Throws when what is left breaks a promise. `hasReturned`: the action had answered before the power went. */
  check(files: LossyFiles, prepared: Prepared, hasReturned: boolean): Promise<void>;
}

const SEEDS = 12;

/** Returns how many losses were survived; throws what the first bad one broke, and where. */
export async function loseEverywhere<Prepared>(
  scenario: PowerLossScenario<Prepared>,
  wrap: (files: LossyFiles) => LossyFiles = (files) => files,
): Promise<number> {
  const steps = await stepsOf(scenario, wrap);
  let losses = 0;
  for (const [fateName, fate] of fates()) {
    for (let step = 1; step <= steps.length + 1; step += 1) {
      for (const side of ['before', 'after'] as const) {
        const where = `power lost ${side} step ${step} (${steps[step - 1] ?? 'the end'}), ${fateName}`;
        await loseOnce(scenario, wrap, { step, side, fate: fate(), where });
        losses += 1;
      }
    }
  }
  return losses;
}

async function stepsOf<Prepared>(
  scenario: PowerLossScenario<Prepared>,
  wrap: (files: LossyFiles) => LossyFiles,
): Promise<readonly string[]> {
  const files = wrap(new LossyFiles());
  const prepared = await scenario.prepare(files);
  const before = files.steps.length;
  await scenario.act(files, prepared);
  return files.steps.slice(before);
}

async function loseOnce<Prepared>(
  scenario: PowerLossScenario<Prepared>,
  wrap: (files: LossyFiles) => LossyFiles,
  loss: { readonly step: number; readonly side: 'before' | 'after'; readonly fate: ChooseFate; readonly where: string },
): Promise<void> {
  const files = wrap(new LossyFiles());
  const prepared = await scenario.prepare(files);
  files.crashAt(loss.step, loss.side);
  const hasReturned = await scenario.act(files, prepared).then(
    () => true,
    () => false,
  );
  files.crash(loss.fate);
  try {
    await scenario.check(files, prepared, hasReturned);
  } catch (cause) {
    throw new Error(`${loss.where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function* fates(): Generator<[string, () => ChooseFate]> {
  yield ['everything unsynced lost', () => () => 'lost'];
  yield ['everything unsynced kept', () => () => 'kept'];
  yield ['every unsynced file cut', () => () => 'cut'];
  for (let seed = 1; seed <= SEEDS; seed += 1) yield [`seed ${seed}`, () => randomFate(seed)];
}

function randomFate(seed: number): ChooseFate {
  let state = seed * 2_654_435_761;
  const all: readonly Fate[] = ['lost', 'kept', 'cut'];
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) >>> 0;
    return all[(state >>> 8) % all.length] ?? 'lost';
  };
}
