// The window in which a rule wants a backup to end: not before its minimum, not after its maximum, both on the calendar.

import type { ComplianceRule } from '../compliance.ts';
import { addPeriod, parseInstant, yearEnd } from '../period.ts';

export interface RetentionWindow {
  /** RFC 3339; undefined: no minimum. */
  readonly notBefore: string | undefined;
  /** RFC 3339; undefined: no maximum. */
  readonly notAfter: string | undefined;
}

/**
 * Parameters of a `retention-window` rule: `min` and `max` are ISO periods; `anchor` is `start` (of the backup) or `year-end` (of
 * the year the backup was made in, as tax law counts); `timeZone` is where that calendar hangs.
 */
export function windowOf(rule: Pick<ComplianceRule, 'params'>, startTime: string): RetentionWindow {
  const { min, max, anchor, timeZone } = rule.params;
  const zone = typeof timeZone === 'string' ? timeZone : 'UTC';
  const from = anchor === 'year-end' ? yearEnd(startTime, zone) : startTime;
  return {
    notBefore: typeof min === 'string' ? addPeriod(from, min, zone) : undefined,
    notAfter: typeof max === 'string' ? addPeriod(from, max, zone) : undefined,
  };
}

/** True when no end can satisfy both. */
export function isConflict(minimum: RetentionWindow, maximum: RetentionWindow): boolean {
  return (
    minimum.notBefore !== undefined &&
    maximum.notAfter !== undefined &&
    parseInstant(minimum.notBefore) > parseInstant(maximum.notAfter)
  );
}
