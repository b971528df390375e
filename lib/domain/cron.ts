// Reads the text of a schedule: five-field unix cron only, every other dialect is refused with its translation.
// Six fields are never guessed at: AWS puts a year last, Quartz seconds first, and AWS counts Sunday as 1, so the same text means other days.

import { HoldfastError } from './errors.ts';

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'weekday', min: 0, max: 7, words: WEEKDAYS },
];
const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

export type CronReading =
  | { readonly ok: true; readonly cron: string }
  /** `translation` is the same schedule in five fields, when there is one. */
  | { readonly ok: false; readonly problem: string; readonly translation?: string };

/** The five fields with single spaces, or what is wrong with them and how they would be written here. */
export function readCron(text: string): CronReading {
  const trimmed = text.trim().replaceAll(/\s+/g, ' ');
  const nickname = NICKNAMES[trimmed.toLowerCase()];
  if (nickname !== undefined) return refuse(`"${trimmed}" is a nickname, five fields are expected`, nickname);
  const wrapped = /^cron\((.*)\)$/i.exec(trimmed);
  if (wrapped !== null) return refuse('this is the form of AWS and Yandex', fromAws(wrapped[1]!.trim().split(' ')));
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/i.exec(trimmed);
  if (rate !== null) return refuse('this is the rate of AWS', `every ${rate[1]}${rate[2]!.charAt(0).toLowerCase()}`);
  const parts = trimmed === '' ? [] : trimmed.split(' ');
  if (parts.length === 6 || parts.length === 7) return refuseMoreFields(parts);
  if (parts.length !== 5)
    return refuse(`a schedule has five fields (minute hour day month weekday), this has ${parts.length}`);
  if (parts.includes('?'))
    return refuse('"?" belongs to the six fields of AWS and Quartz', parts.map(plainStar).join(' '));
  const problem = firstProblem(parts);
  return problem === undefined ? { ok: true, cron: parts.join(' ') } : refuse(problem);
}

/** @throws InvalidCron with the translation as fact `suggestion` */
export function parseCron(text: string): string {
  const reading = readCron(text);
  if (reading.ok) return reading.cron;
  throw new HoldfastError('InvalidCron', `unable to read schedule '${text}': ${reading.problem}`, {
    suggestion: reading.translation,
  });
}

/** An interval as cron, counted from midnight of the schedule's zone; only lengths that divide an hour or a day keep equal steps. */
export function cronOfInterval(text: string): CronReading {
  const match = /^([1-9]\d{0,3})(m|h|d)$/.exec(text.trim());
  if (match === null) return refuse(`an interval is a number and m, h or d, not "${text}"`);
  const cron = cronOfMinutes(Number(match[1]) * MINUTES[match[2]!]!);
  if (cron !== undefined) return { ok: true, cron };
  return refuse(
    `an interval of ${text} does not divide a day evenly; use 1, 2, 3, 4, 6, 8 or 12 hours, a divisor of an hour in minutes, 1d or 7d`,
  );
}

const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 1440 };
const HOUR = 60;
const DAY = 1440;

function cronOfMinutes(minutes: number): string | undefined {
  if (minutes < HOUR && HOUR % minutes === 0) return minutes === 1 ? '* * * * *' : `*/${minutes} * * * *`;
  if (minutes === HOUR) return '0 * * * *';
  if (minutes < DAY && minutes % HOUR === 0 && DAY % minutes === 0) return `0 */${minutes / HOUR} * * *`;
  if (minutes === DAY) return '0 0 * * *';
  return minutes === 7 * DAY ? '0 0 * * 0' : undefined;
}

function refuse(problem: string, translation?: string): CronReading {
  return translation === undefined ? { ok: false, problem } : { ok: false, problem, translation };
}

function refuseMoreFields(parts: readonly string[]): CronReading {
  const isQuartz = parts[3] === '?' || parts[5] === '?' || parts.length === 7;
  const isAws = !isQuartz && (parts[2] === '?' || parts[4] === '?' || /^\d{4}/.test(parts[5]!));
  if (isAws) {
    return refuse(
      'six fields are the form of AWS and Yandex (year last, Sunday is 1), five are expected',
      fromAws(parts),
    );
  }
  if (isQuartz) {
    return refuse(
      `${parts.length} fields are the form of Quartz (seconds first, Sunday is 1), five are expected`,
      fromQuartz(parts),
    );
  }
  const translation = parts[0] === '0' ? acceptable(parts.slice(1)) : undefined;
  return refuse(
    'six fields begin with seconds in one dialect and end with a year in another, five are expected',
    translation,
  );
}

/** minute hour day-of-month month weekday(1-7 from Sunday) year */
function fromAws(parts: readonly string[]): string | undefined {
  if (parts.length !== 6 && parts.length !== 5) return undefined;
  if (parts.length === 6 && plainStar(parts[5]!) !== '*') return undefined;
  return acceptable([...parts.slice(0, 4).map(plainStar), fromSundayOne(plainStar(parts[4]!))]);
}

/** second minute hour day-of-month month weekday(1-7 from Sunday) [year] */
function fromQuartz(parts: readonly string[]): string | undefined {
  if (parts[0] !== '0' || plainStar(parts[6] ?? '*') !== '*') return undefined;
  return acceptable([...parts.slice(1, 5).map(plainStar), fromSundayOne(plainStar(parts[5]!))]);
}

const acceptable = (parts: readonly string[]): string | undefined =>
  parts.length === 5 && firstProblem(parts) === undefined ? parts.join(' ') : undefined;

const plainStar = (part: string): string => (part === '?' ? '*' : part);

/** Weekday numbers lowered by one; steps after a slash and names stay. */
const fromSundayOne = (part: string): string =>
  part.replaceAll(/(^|[,-])(\d)(?!\d)/g, (_whole, before: string, digit: string) => `${before}${Number(digit) - 1}`);

function firstProblem(parts: readonly string[]): string | undefined {
  for (const [index, field] of FIELDS.entries()) {
    for (const item of parts[index]!.split(',')) {
      const problem = problemOfItem(item, field);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function problemOfItem(item: string, field: Field): string | undefined {
  const match = /^(\*|[a-z0-9]+(?:-[a-z0-9]+)?)(?:\/(\d+))?$/i.exec(item);
  if (match === null) return `${field.name} "${item}" is not a number, range, list or step`;
  const step = match[2] === undefined ? 1 : Number(match[2]);
  if (step < 1 || step > field.max) return `step "/${match[2]}" of ${field.name} is not within 1 and ${field.max}`;
  if (match[1] === '*') return undefined;
  const [low, high] = match[1]!.split('-').map((word) => numberOf(word, field));
  if (low === undefined || (match[1]!.includes('-') && high === undefined))
    return `${field.name} "${item}" is not within ${field.min} and ${field.max}`;
  if (high !== undefined && high < low) return `range "${item}" of ${field.name} runs backwards`;
  if (match[2] !== undefined && high === undefined)
    return `step in "${item}" of ${field.name} needs a range or * before the slash`;
  return undefined;
}

function numberOf(word: string, field: Field): number | undefined {
  const index = field.words?.indexOf(word.toLowerCase()) ?? -1;
  if (index >= 0) return index + (field.name === 'month' ? 1 : 0);
  const number = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  return number >= field.min && number <= field.max ? number : undefined;
}
