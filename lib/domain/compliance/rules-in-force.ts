// Which rules are looked at: in force on the day, made for the data type, meant for this kind of recovery point.

import type { ComplianceRule, DataType } from '../compliance.ts';

/** What retention has made of a recovery point. Every backup begins as `daily`; promotion to the others is retention's decision. */
export type PointKind = 'daily' | 'weekly' | 'monthly' | 'yearly';

export interface RuleScope {
  readonly dataType: DataType;
  readonly points: readonly PointKind[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const HOUR_MS = 3_600_000;
/** A day begins 14 hours before UTC's on the easternmost islands and ends 12 hours after it on the westernmost. */
const EARLIEST_MS = 14 * HOUR_MS;
const LATEST_MS = (24 + 12) * HOUR_MS;

export function rulesInForce(rules: readonly ComplianceRule[], scope: RuleScope): readonly ComplianceRule[] {
  return rules.filter(
    (rule) => rule.appliesTo.includes(scope.dataType) && isInForce(rule, scope.now) && isMeant(rule, scope.points),
  );
}

/** A rule binds as long as its days last anywhere; a date that cannot be read binds. */
function isInForce(rule: ComplianceRule, now: number): boolean {
  const isTooEarly = now < Date.parse(rule.effectiveFrom) - EARLIEST_MS;
  const isTooLate = rule.effectiveTo !== undefined && now >= Date.parse(rule.effectiveTo) + LATEST_MS;
  return !isTooEarly && !isTooLate;
}

function isMeant(rule: ComplianceRule, points: readonly PointKind[]): boolean {
  const wanted = rule.params['points'];
  return wanted === undefined || points.some((point) => point === wanted);
}
