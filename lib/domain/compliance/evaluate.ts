// Applies every rule in force to what was observed about one backup. The gate before "completed" asks for passes only.

import type { ComplianceFacts, ComplianceRule, Verdict } from '../compliance.ts';
import { baselineRules } from './baseline.ts';
import { CHECKS } from './checks.ts';
import type { Judgement } from './checks.ts';
import { rulesInForce } from './rules-in-force.ts';
import type { PointKind } from './rules-in-force.ts';

/** What was observed longer ago is no longer an observation: somebody may have changed a bucket in between. */
const FACTS_AGE_MS = 15 * 60_000;
const CLOCK_SKEW_MS = 60_000;

/**
 * One verdict per rule that is in force at `now` for the data type. The baseline is always among them: a store's rules may sharpen
 * it (same id, own parameters), nothing removes it, so the result is never empty.
 */
export function evaluateRules(
  rules: readonly ComplianceRule[],
  facts: ComplianceFacts,
  now: number,
  points: readonly PointKind[] = ['daily'],
): readonly Verdict[] {
  const scope = { dataType: facts.dataType, points, now };
  const given = rulesInForce(rules, scope);
  const baseline = baselineRules().filter(({ id }) => !given.some((rule) => rule.id === id));
  const all = [...baseline, ...given];
  const isFresh = isObservedLately(facts.observedAt, now);
  return all.map((rule) => {
    const judgement = CHECKS[rule.kind](rule, { facts, now, rules: all });
    return verdictOf(rule, isFresh ? judgement : doubted(judgement, facts.observedAt), now);
  });
}

function isObservedLately(observedAt: string, now: number): boolean {
  const age = now - Date.parse(observedAt);
  return age <= FACTS_AGE_MS && age >= -CLOCK_SKEW_MS;
}

function doubted(judgement: Judgement, observedAt: string): Judgement {
  if (judgement.verdict !== 'pass') return judgement;
  return { verdict: 'unknown', evidence: `observed at ${observedAt}, which is too long ago to be true now` };
}

function verdictOf(rule: ComplianceRule, judgement: Judgement, now: number): Verdict {
  return { rule: rule.id, kind: rule.kind, basis: rule.basis, ...judgement, checkedAt: new Date(now).toISOString() };
}
