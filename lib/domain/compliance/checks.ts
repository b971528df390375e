// One pure function per rule kind: facts and parameters in, a judgement with its evidence out. What is not known is never a pass.

import type { ComplianceFacts, ComplianceRule, RuleKind, Verdict } from '../compliance.ts';
import { parseInstant } from '../period.ts';
import { isConflict, windowOf } from './retention-window.ts';

export interface Judgement {
  readonly verdict: Verdict['verdict'];
  readonly evidence: string;
}

export interface CheckContext {
  readonly facts: ComplianceFacts;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** All rules in force: a minimum and a maximum of different rules may exclude each other. */
  readonly rules: readonly ComplianceRule[];
}

export type Check = (rule: ComplianceRule, context: CheckContext) => Judgement;

/** The worker's staging place must be among the places: bytes that rested there for an hour were there. */
export const STAGING_ROLE = 'staging';

const DAY_MS = 86_400_000;
/** Clocks of stores may be ahead of ours by this much; further ahead a date is not believed. */
const CLOCK_SKEW_MS = 60_000;

export const CHECKS: Readonly<Record<RuleKind, Check>> = {
  residency: checkResidency,
  'key-location': checkKeyLocation,
  encryption: checkEncryption,
  'retention-window': checkRetentionWindow,
  copies: checkCopies,
  'verification-age': checkVerificationAge,
  'recovery-recipient': checkRecoveryRecipient,
};

function checkResidency(rule: ComplianceRule, { facts }: CheckContext): Judgement {
  const allowed = textsOf(rule.params['allowed']);
  const missing = facts.demandedLocations.filter(
    (location) => !facts.places.some((place) => place.location === location),
  );
  const hasStaging = facts.places.some(({ role }) => role === STAGING_ROLE);
  return judged(
    [
      ...nothingDemanded(facts),
      ...missing.map((location) => unknown(`nothing is known about where '${location}' lies`)),
      ...(hasStaging ? [] : [unknown('nothing is known about where the staging place lies')]),
      ...facts.places.map(({ role, location, country }) => inCountry(`${role} '${location}' lies`, country, allowed)),
    ],
    `all ${facts.places.length} places lie in ${allowed.join(', ')}`,
  );
}

function checkKeyLocation(rule: ComplianceRule, { facts }: CheckContext): Judgement {
  const allowed = textsOf(rule.params['allowed']);
  return judged(
    [
      ...keysMissing(facts),
      ...facts.keys.map(({ location, keyId, country }) =>
        inCountry(`key '${keyId}' of '${location}' lies`, country, allowed),
      ),
    ],
    `all ${facts.keys.length} keys lie in ${allowed.join(', ')}`,
  );
}

function checkEncryption(rule: ComplianceRule, { facts }: CheckContext): Judgement {
  const suites = textsOf(rule.params['suites']);
  return judged(
    [
      ...copiesMissing(facts),
      ...facts.copies.map(({ location, encryption }) =>
        encryption === undefined
          ? unknown(`no stored header of copy '${location}' could be read`)
          : suites.includes(encryption)
            ? undefined
            : fail(`copy '${location}' is encrypted with ${encryption}, allowed: ${suites.join(', ')}`),
      ),
    ],
    `all ${facts.copies.length} copies are encrypted with ${suites.join(' or ')}`,
  );
}

function checkRetentionWindow(rule: ComplianceRule, { facts, rules }: CheckContext): Judgement {
  if (Number.isNaN(Date.parse(facts.startTime)) || Number.isNaN(Date.parse(facts.retentionUntil))) {
    return unknown('start or end of retention is not known');
  }
  const own = windowOf(rule, facts.startTime);
  const until = parseInstant(facts.retentionUntil);
  const others = rules.filter((other) => other.kind === 'retention-window' && other.id !== rule.id);
  return judged(
    [
      until <= parseInstant(facts.startTime)
        ? fail(`kept until ${facts.retentionUntil}, which is no time at all`)
        : undefined,
      isConflict(own, own)
        ? fail(`rule '${rule.id}' asks for at least ${own.notBefore} and at most ${own.notAfter}`)
        : undefined,
      ...others.map((other) => conflictOf(rule, other, facts.startTime)),
      own.notBefore !== undefined && until < parseInstant(own.notBefore)
        ? fail(`kept until ${facts.retentionUntil}, at least until ${own.notBefore} is demanded`)
        : undefined,
      own.notAfter !== undefined && until > parseInstant(own.notAfter)
        ? fail(`kept until ${facts.retentionUntil}, at most until ${own.notAfter} is allowed`)
        : undefined,
    ],
    `kept until ${facts.retentionUntil}`,
  );
}

/** Never resolved silently: both rules fail and name each other, and a person decides. */
function conflictOf(rule: ComplianceRule, other: ComplianceRule, startTime: string): Judgement | undefined {
  const [own, theirs] = [windowOf(rule, startTime), windowOf(other, startTime)];
  if (!isConflict(own, theirs) && !isConflict(theirs, own)) return undefined;
  const [minimum, maximum] = isConflict(own, theirs) ? [rule, other] : [other, rule];
  return fail(`the minimum of rule '${minimum.id}' lies after the maximum of rule '${maximum.id}'`);
}

function checkCopies(rule: ComplianceRule, { facts }: CheckContext): Judgement {
  const present = facts.copies.filter(({ isPresent }) => isPresent);
  const count = numberOf(rule.params['count']) ?? 1;
  return judged(
    [
      ...nothingDemanded(facts),
      ...copiesMissing(facts),
      ...facts.copies
        .filter(({ isPresent }) => !isPresent)
        .map(({ location }) => fail(`copy '${location}' is not present`)),
      present.length < count ? fail(`${present.length} copies are present, ${count} are demanded`) : undefined,
      ...failureDomainFindings(rule, present),
    ],
    `all ${present.length} copies are present`,
  );
}

function failureDomainFindings(
  rule: ComplianceRule,
  present: ComplianceFacts['copies'],
): readonly (Judgement | undefined)[] {
  const wanted =
    rule.params['distinctFailureDomains'] === true ? present.length : (numberOf(rule.params['failureDomains']) ?? 0);
  if (wanted === 0) return [];
  const unclear = present.filter(({ failureDomain }) => failureDomain === undefined);
  const distinct = new Set(present.map(({ failureDomain }) => failureDomain).filter((domain) => domain !== undefined));
  // Even if every unclear copy stood alone there would be too few: that is a failure and no doubt.
  if (distinct.size + unclear.length < wanted) {
    return [
      fail(`copies stand in ${distinct.size} failure domains (${[...distinct].join(', ')}), ${wanted} are demanded`),
    ];
  }
  return unclear.map(({ location }) => unknown(`the failure domain of copy '${location}' is not known`));
}

function checkVerificationAge(rule: ComplianceRule, { facts, now }: CheckContext): Judgement {
  const days = numberOf(rule.params['days']) ?? 0;
  return judged(
    [
      ...copiesMissing(facts),
      ...facts.copies.map(({ location, verifiedAt }) => {
        if (verifiedAt === undefined) return fail(`copy '${location}' was never verified`);
        const at = Date.parse(verifiedAt);
        if (Number.isNaN(at) || at > now + CLOCK_SKEW_MS)
          return unknown(`when copy '${location}' was verified cannot be believed: ${verifiedAt}`);
        return now - at > days * DAY_MS
          ? fail(`copy '${location}' was verified at ${verifiedAt}, more than ${days} days ago`)
          : undefined;
      }),
    ],
    `all ${facts.copies.length} copies were verified within ${days} days`,
  );
}

function checkRecoveryRecipient(_rule: ComplianceRule, { facts }: CheckContext): Judgement {
  return judged(
    [
      ...keysMissing(facts),
      ...facts.keys
        .filter(({ hasRecoveryRecipient }) => !hasRecoveryRecipient)
        .map(({ location }) => fail(`the data key of copy '${location}' is not wrapped for the recovery key`)),
    ],
    'every data key is also wrapped for the recovery key',
  );
}

/** The worst finding decides; all findings of that weight are told. */
function judged(findings: readonly (Judgement | undefined)[], otherwise: string): Judgement {
  for (const verdict of ['fail', 'unknown'] as const) {
    const found = findings.filter((finding) => finding?.verdict === verdict);
    if (found.length > 0) return { verdict, evidence: found.map((finding) => finding!.evidence).join('; ') };
  }
  return { verdict: 'pass', evidence: otherwise };
}

const fail = (evidence: string): Judgement => ({ verdict: 'fail', evidence });
const unknown = (evidence: string): Judgement => ({ verdict: 'unknown', evidence });

function inCountry(what: string, country: string | undefined, allowed: readonly string[]): Judgement | undefined {
  if (country === undefined) return unknown(`${what} in a country that cannot be told`);
  return allowed.includes(country) ? undefined : fail(`${what} in ${country}, allowed: ${allowed.join(', ')}`);
}

const nothingDemanded = (facts: ComplianceFacts): readonly Judgement[] =>
  facts.demandedLocations.length === 0 ? [fail('the policy demands no copy at all')] : [];

const copiesMissing = (facts: ComplianceFacts): readonly Judgement[] =>
  missingFrom(facts, facts.copies).map((location) => unknown(`nothing is known about copy '${location}'`));

const keysMissing = (facts: ComplianceFacts): readonly Judgement[] =>
  missingFrom(facts, facts.keys).map((location) => unknown(`nothing is known about the key of copy '${location}'`));

function missingFrom(facts: ComplianceFacts, known: readonly { readonly location: string }[]): readonly string[] {
  const missing = facts.demandedLocations.filter((demanded) => !known.some(({ location }) => location === demanded));
  return known.length === 0 && missing.length === 0 ? ['(none)'] : missing;
}

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : []);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
