// Explains a store's policy: every effective value with the line that defined it, and the next runs in its zone and in UTC.

import { HoldfastError } from '../../domain/errors.ts';
import { nextSlots } from '../../scheduling/cron.ts';
import type { Configuration, Origin } from './configuration.ts';
import { effectivePolicies } from './effective-policies.ts';

export interface StoreExplanation {
  readonly store: string;
  readonly service: string;
  readonly file: string;
  readonly values: readonly Origin[];
  readonly rules: readonly { readonly id: string; readonly basis: 'law' | 'policy'; readonly source: string }[];
  readonly nextRuns: readonly {
    readonly schedule: string;
    readonly cron: string;
    readonly timeZone: string;
    readonly runs: readonly { readonly utc: string; /** `2026-11-21 02:00:00 GMT+3` */ readonly local: string }[];
  }[];
}

const NEXT_RUNS = 5;

/** @throws NotFound with the nearest names */
export function explainStore(configuration: Configuration, name: string, now: number): StoreExplanation {
  effectivePolicies(configuration).store(name);
  const store = configuration.stores.find((candidate) => candidate.store === name);
  if (store === undefined) throw new HoldfastError('NotFound', `unable to find store '${name}'`, { store: name });
  return {
    store: store.store,
    service: store.service,
    file: configuration.file,
    values: store.origins,
    rules: store.rules.map(({ id, basis, source }) => ({ id, basis, source })),
    nextRuns: store.schedules.map((schedule) => ({
      schedule: schedule.id,
      cron: schedule.cron,
      timeZone: schedule.timeZone,
      runs: nextSlots(schedule, now, NEXT_RUNS).map((at) => ({
        utc: new Date(at).toISOString(),
        local: localText(at, schedule.timeZone),
      })),
    })),
  };
}

function localText(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const zone = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'shortOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName');
  return `${format.format(at)} ${zone?.value ?? timeZone}`;
}
