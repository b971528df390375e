// Until when a new backup is kept: by its keep rule, never shorter than any minimum that applies to it.

import { rulesInForce } from './compliance/rules-in-force.ts';
import { windowOf } from './compliance/retention-window.ts';
import { addPeriod, parseInstant } from './period.ts';
import type { KeepRule, StorePolicy } from './store-policy.ts';

const KEEP_UNLESS_SAID = 'P30D';
/** Deletion on the very anniversary can fall before local midnight: minima get a day more, unless a maximum forbids it. */
const GRACE = 'P1D';

/**
 * The rule of today, in which every backup is a daily one: the later of
 * - start + `keep.daily` (without that line: the longest line there is, because nothing else has decided yet), and
 * - every minimum of a rule in force for the data type, law or policy, plus a day.
 *
 * Minima beat keep lines; maxima shorten nothing here: a keep line beyond a legal maximum is a conflict, which loading the
 * configuration refuses and the compliance check fails. Promotion to weekly, monthly or yearly later only lengthens the date.
 */
export function retentionUntil(
  policy: Pick<StorePolicy, 'keep' | 'rules' | 'dataType' | 'schedules'>,
  startTime: string,
): string {
  const timeZone = policy.schedules[0]?.timeZone ?? 'UTC';
  const kept = addPeriod(startTime, keepPeriod(policy.keep, startTime), timeZone);
  const scope = { dataType: policy.dataType, points: ['daily'] as const, now: parseInstant(startTime) };
  const windows = rulesInForce(policy.rules, scope)
    .filter(({ kind }) => kind === 'retention-window')
    .map((rule) => windowOf(rule, startTime));
  const minima = windows.flatMap(({ notBefore }) => (notBefore === undefined ? [] : [notBefore]));
  const maxima = windows.flatMap(({ notAfter }) => (notAfter === undefined ? [] : [parseInstant(notAfter)]));
  const ends = [kept, ...minima].map(parseInstant);
  const graced = minima.map((end) => Math.min(parseInstant(addPeriod(end, GRACE)), ...maxima));
  return new Date(Math.max(...ends, ...graced)).toISOString();
}

function keepPeriod(keep: KeepRule, startTime: string): string {
  if (keep.daily !== undefined) return keep.daily;
  const lines = [keep.weekly, keep.monthly, keep.yearly].filter((line) => line !== undefined);
  const longest = lines.sort((left, right) => addPeriod(startTime, right).localeCompare(addPeriod(startTime, left)));
  return longest[0] ?? KEEP_UNLESS_SAID;
}
