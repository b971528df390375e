// Warns when the schedules of a store cannot meet its recovery point objective: better now than on the day of the loss.

import { nextSlots } from '../../scheduling/cron.ts';
import type { ConfiguredStore } from './configuration.ts';
import type { EffectiveContext } from './effective-checks.ts';
import { placeOf, storePath } from './places.ts';
import type { Problem } from './problem.ts';
import { durationText } from './quantities.ts';

/** The day on which the clocks go back has 25 hours; that is no reason to warn about a daily backup. */
const TOLERANCE = 1.05;
/** Enough to see the longest pause of a daily or weekly rhythm; a minute schedule shows it at once. */
const SLOTS_LOOKED_AT = 10;

export function checkObjectives(store: ConfiguredStore, context: EffectiveContext): readonly Problem[] {
  const { source, now } = context;
  const path = storePath(store);
  const warn = (message: string, key: string, cure?: string): Problem =>
    source.problem(
      { severity: 'warning', name: 'InvalidConfiguration', message, ...(cure !== undefined && { cure }) },
      [...path, key],
      placeOf(store, key, context),
    );
  if (store.schedules.length === 0) {
    const message = `store "${store.store}" has no schedule: it is backed up only when somebody asks`;
    return [
      source.problem({ severity: 'warning', name: 'InvalidConfiguration', message }, path, source.positionOfKey(path)),
    ];
  }
  const pause = longestPauseSeconds(store, now);
  if (store.log !== undefined || pause <= store.rpoSeconds * TOLERANCE) return [];
  return [
    warn(
      `an rpo of ${durationText(store.rpoSeconds)} cannot be met: ${durationText(pause)} pass between backups and no log is archived`,
      'rpo',
      'back up more often, archive the log, or state the objective that is meant',
    ),
  ];
}

/** One warning per engine: the wish for a log archive is kept, and is told once what it does not do yet. */
export function checkLogs(
  stores: readonly ConfiguredStore[],
  { source, engines }: EffectiveContext,
): readonly Problem[] {
  const withoutArchive = stores.filter(({ log, engine, method }) => {
    const built = engines.built(engine)?.methods.find((candidate) => candidate.method === method);
    return log !== undefined && built?.hasLogArchive === false;
  });
  return [...new Set(withoutArchive.map(({ engine }) => engine))].map((engine) => {
    const affected = withoutArchive.filter((store) => store.engine === engine);
    const names = affected.map(({ store }) => store).join(', ');
    const message = `log archiving of ${engine} is not built yet: ${names} can be restored to their backups only`;
    const place = placeOf(affected[0]!, 'log', { source });
    return source.problem(
      { severity: 'warning', name: 'CapabilityUnsupported', message },
      [...storePath(affected[0]!), 'log'],
      place,
    );
  });
}

function longestPauseSeconds(store: ConfiguredStore, now: number): number {
  const lists = store.schedules.map((schedule) => nextSlots(schedule, now, SLOTS_LOOKED_AT));
  // Beyond the end of the shortest list slots of that schedule are unknown, not missing.
  const horizon = Math.min(...lists.map((list) => list.at(-1) ?? Number.POSITIVE_INFINITY));
  const slots = [...new Set(lists.flat())].filter((slot) => slot <= horizon).sort((left, right) => left - right);
  const pauses = slots.slice(1).map((slot, index) => slot - slots[index]!);
  return Math.round(Math.max(0, ...pauses) / 1000);
}
