// When a five-field schedule fires, in its own time zone: once in the gap of spring (at the jump), once in the doubled hour of autumn.

import { Cron } from 'croner';

import { parseCron } from '../domain/cron.ts';
import { HoldfastError } from '../domain/errors.ts';

export interface Schedule {
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
}

/**
 * The first slot after the instant (milliseconds since the epoch), or undefined when the schedule never fires again.
 *
 * @throws InvalidCron
 */
export function nextSlot(schedule: Schedule, afterMs: number): number | undefined {
  return compile(schedule).nextRun(new Date(afterMs))?.getTime();
}

/** The next slots after the instant, at most `count`. @throws InvalidCron */
export function nextSlots(schedule: Schedule, afterMs: number, count: number): readonly number[] {
  return compile(schedule)
    .nextRuns(count, new Date(afterMs))
    .map((date) => date.getTime());
}

/** True when the platform knows the zone by this name. */
export function isTimeZone(name: string): boolean {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const isKnown = isKnownToIntl(name);
  if (zones.size >= REMEMBERED_MAX) zones.clear();
  zones.set(name, isKnown);
  return isKnown;
}

/** Asked for every store of every loaded configuration, and slow to answer. */
const zones = new Map<string, boolean>();

function isKnownToIntl(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Offsets such as +03:00 are accepted by Intl and have no daylight saving: a zone must be a place.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

const compiled = new Map<string, Cron>();
/** Patterns and zones kept; a platform has far fewer. */
const REMEMBERED_MAX = 1000;

function compile(schedule: Schedule): Cron {
  const key = `${schedule.timeZone} ${schedule.cron}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = compileAnew(schedule);
  if (compiled.size >= REMEMBERED_MAX) compiled.clear();
  compiled.set(key, made);
  return made;
}

function compileAnew({ cron, timeZone }: Schedule): Cron {
  const text = parseCron(cron);
  if (!isTimeZone(timeZone))
    throw new HoldfastError('InvalidCron', `unable to use time zone '${timeZone}'`, { timeZone });
  try {
    // Every option is spelled out: `no-wildcard` makes lists and ranges ("0,30 2 * * *") run once at the jump, as single values do,
    // and `domAndDow: false` is unix: day of month or weekday.
    return new Cron(text, {
      paused: true,
      timezone: timeZone,
      mode: '5-part',
      domAndDow: false,
      alternativeWeekdays: false,
      sloppyRanges: false,
      fixedTimeRule: 'no-wildcard',
    });
  } catch (error) {
    throw new HoldfastError('InvalidCron', `unable to read schedule '${cron}'`, {}, { cause: error });
  }
}
