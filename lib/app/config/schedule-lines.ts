// Reads one schedule line: five fields in quotes, an interval, or an object with its own time zone.

import { cronOfInterval, readCron } from '../../domain/cron.ts';
import type { CronReading } from '../../domain/cron.ts';

export interface ScheduleReading {
  /** Undefined for `none`. */
  readonly cron: string | undefined;
  readonly timeZone: string | undefined;
}

export type ScheduleLineReading =
  | { readonly ok: true; readonly schedule: ScheduleReading }
  | { readonly ok: false; readonly problem: string; readonly cure: string | undefined };

export function readScheduleLine(line: unknown): ScheduleLineReading {
  if (typeof line === 'string') return line.trim() === 'none' ? taken(undefined, undefined) : readText(line, undefined);
  const { cron, every, timezone } = line as { cron?: string; every?: string; timezone?: string };
  if ((cron === undefined) === (every === undefined)) {
    return { ok: false, problem: 'a schedule has either "cron" or "every"', cure: 'write one of them' };
  }
  return cron !== undefined ? readText(cron, timezone) : finish(cronOfInterval(every!), timezone);
}

function readText(text: string, timeZone: string | undefined): ScheduleLineReading {
  const interval = /^every\s+(.*)$/.exec(text.trim());
  return finish(interval === null ? readCron(text) : cronOfInterval(interval[1]!), timeZone);
}

function finish(reading: CronReading, timeZone: string | undefined): ScheduleLineReading {
  if (reading.ok) return taken(reading.cron, timeZone);
  const cure = reading.translation === undefined ? undefined : `write "${reading.translation}"`;
  return { ok: false, problem: reading.problem, cure };
}

const taken = (cron: string | undefined, timeZone: string | undefined): ScheduleLineReading => ({
  ok: true,
  schedule: { cron, timeZone },
});
