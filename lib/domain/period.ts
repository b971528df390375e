// Calendar arithmetic: ISO 8601 periods added in a time zone, because seven years are not 2555 days and a month has no fixed length.

import { HoldfastError } from './errors.ts';

export interface Period {
  readonly years: number;
  readonly months: number;
  readonly days: number;
}

const PERIOD = /^P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?$/;
const DAY_MS = 86_400_000;

/** @throws InvalidConfiguration for what is no period, and for a period of nothing: zero is neither "for ever" nor "at once" (trap 34) */
export function parsePeriod(text: string): Period {
  const match = PERIOD.exec(text);
  const [years, months, weeks, days] = [1, 2, 3, 4].map((group) => Number(match?.[group] ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  if (match === null || years + months + weeks + days === 0) {
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to read period '${text}': expected a form such as P30D, P3M or P7Y`,
    );
  }
  return { years, months, days: weeks * 7 + days };
}

/**
 * The same wall-clock time a period later in the zone. A day that the target month lacks becomes its last day (31 January + P1M is
 * 28 or 29 February); a time that a spring gap swallows moves behind the gap.
 *
 * @param at RFC 3339 instant
 */
export function addPeriod(at: string, period: string, timeZone = 'UTC'): string {
  const { years, months, days } = parsePeriod(period);
  const wall = wallClockOf(parseInstant(at), timeZone);
  const monthIndex = wall.month - 1 + months + years * 12;
  const year = wall.year + Math.floor(monthIndex / 12);
  const month = (monthIndex % 12) + 1;
  const day = Math.min(wall.day, daysIn(year, month));
  return isoOf(instantOf(Date.UTC(year, month - 1, day) + days * DAY_MS + wall.timeMs, timeZone));
}

/** The instant at which the year of `at` ends in the zone. */
export function yearEnd(at: string, timeZone = 'UTC'): string {
  const { year } = wallClockOf(parseInstant(at), timeZone);
  return isoOf(instantOf(Date.UTC(year + 1, 0, 1), timeZone));
}

/** Milliseconds since the epoch. @throws InvalidRequest */
export function parseInstant(at: string): number {
  const parsed = Date.parse(at);
  if (Number.isNaN(parsed)) throw new HoldfastError('InvalidRequest', `unable to read instant '${at}'`);
  return parsed;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

interface WallClock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Milliseconds since midnight by the clock on the wall. */
  readonly timeMs: number;
}

function wallClockOf(ms: number, timeZone: string): WallClock {
  const wall = new Date(ms + offsetAt(ms, timeZone));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    timeMs: ((wall.getTime() % DAY_MS) + DAY_MS) % DAY_MS,
  };
}

/** The instant at which the wall shows this time: the earlier one of a doubled hour, behind the gap for a time that does not exist. */
function instantOf(wallMs: number, timeZone: string): number {
  const before = offsetAt(wallMs - DAY_MS, timeZone);
  const after = offsetAt(wallMs + DAY_MS, timeZone);
  const fits = [wallMs - before, wallMs - after].filter((ms) => ms + offsetAt(ms, timeZone) === wallMs);
  return fits.length > 0 ? Math.min(...fits) : wallMs - before;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's wall clock is ahead of UTC at an instant, in milliseconds. */
function offsetAt(ms: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const shown = Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
  return shown - Math.floor(ms / 1000) * 1000;
}
