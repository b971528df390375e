// Golden tests of the compliance checks: one fact set that passes, and one change per check that flips that check alone.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { ComplianceFacts, ComplianceRule, RuleKind, Verdict } from '../compliance.ts';
import { baselineRules } from './baseline.ts';
import { evaluateRules } from './evaluate.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');

function aRule(kind: RuleKind, params: ComplianceRule['params'], patch: Partial<ComplianceRule> = {}): ComplianceRule {
  return {
    id: `test-${kind}`,
    kind,
    jurisdiction: 'RU',
    basis: 'law',
    source: 'test',
    effectiveFrom: '2020-01-01',
    appliesTo: ['user_data', 'payment_data'],
    params,
    text: { en: 'x', ru: 'x' },
    ...patch,
  };
}

const RULES: readonly ComplianceRule[] = [
  aRule('residency', { allowed: ['RU'] }),
  aRule('key-location', { allowed: ['RU'] }),
  aRule('retention-window', { min: 'P30D', max: 'P1Y' }),
  aRule('copies', { count: 2, failureDomains: 2 }),
];

const PASSING: ComplianceFacts = {
  dataType: 'user_data',
  observedAt: '2026-11-20T11:59:00.000Z',
  startTime: '2026-11-20T02:00:00.000Z',
  retentionUntil: '2027-02-20T02:00:00.000Z',
  places: [
    { role: 'copy', location: 'primary', country: 'RU' },
    { role: 'copy', location: 'second', country: 'RU' },
    { role: 'staging', location: 'worker', country: 'RU' },
  ],
  keys: [
    { location: 'primary', keyId: 'k1', country: 'RU', hasRecoveryRecipient: true },
    { location: 'second', keyId: 'k2', country: 'RU', hasRecoveryRecipient: true },
  ],
  copies: [
    {
      location: 'primary',
      isPresent: true,
      encryption: 'AES-256-GCM',
      verifiedAt: '2026-11-20T03:00:00.000Z',
      failureDomain: 'a',
    },
    {
      location: 'second',
      isPresent: true,
      encryption: 'AES-256-GCM',
      verifiedAt: '2026-11-20T03:00:00.000Z',
      failureDomain: 'b',
    },
  ],
  demandedLocations: ['primary', 'second'],
};

const evaluate = (facts: ComplianceFacts, rules = RULES, now = NOW): readonly Verdict[] =>
  evaluateRules(rules, facts, now);
const flipped = (verdicts: readonly Verdict[]): Record<string, string> =>
  Object.fromEntries(verdicts.filter(({ verdict }) => verdict !== 'pass').map(({ rule, verdict }) => [rule, verdict]));

const second = <Item>(items: readonly Item[], patch: Partial<Item>): Item[] =>
  items.map((item, index) => (index === 1 ? { ...item, ...patch } : item));

describe('compliance of a backup', () => {
  test('every fact as demanded - every rule and the baseline pass', () => {
    const verdicts = evaluate(PASSING);

    expect(flipped(verdicts)).toEqual({});
    expect(verdicts.map(({ rule }) => rule)).toEqual([
      'baseline-encryption',
      'baseline-copies',
      'baseline-verification-age',
      'baseline-retention-window',
      'baseline-recovery-recipient',
      'test-residency',
      'test-key-location',
      'test-retention-window',
      'test-copies',
    ]);
  });

  const { places, keys, copies } = PASSING;
  test.each<[string, Partial<ComplianceFacts>, Record<string, string>]>([
    ['a copy abroad', { places: second(places, { country: 'DE' }) }, { 'test-residency': 'fail' }],
    [
      'a copy in a place that cannot be told',
      { places: second(places, { country: undefined }) },
      { 'test-residency': 'unknown' },
    ],
    [
      'a staging place abroad',
      { places: [...places.slice(0, 2), { ...places[2]!, country: 'KZ' }] },
      { 'test-residency': 'fail' },
    ],
    ['no word of the staging place', { places: places.slice(0, 2) }, { 'test-residency': 'unknown' }],
    ['no word of where a demanded copy lies', { places: [places[0]!, places[2]!] }, { 'test-residency': 'unknown' }],
    ['a key abroad', { keys: second(keys, { country: 'US' }) }, { 'test-key-location': 'fail' }],
    [
      'a key in a place that cannot be told',
      { keys: second(keys, { country: undefined }) },
      { 'test-key-location': 'unknown' },
    ],
    ['another cipher', { copies: second(copies, { encryption: 'AES-128-CBC' }) }, { 'baseline-encryption': 'fail' }],
    [
      'a header that cannot be read',
      { copies: second(copies, { encryption: undefined }) },
      { 'baseline-encryption': 'unknown' },
    ],
    ['kept too short', { retentionUntil: '2026-12-01T00:00:00.000Z' }, { 'test-retention-window': 'fail' }],
    ['kept too long', { retentionUntil: '2028-12-01T00:00:00.000Z' }, { 'test-retention-window': 'fail' }],
    [
      'verified too long ago',
      { copies: second(copies, { verifiedAt: '2026-10-01T00:00:00.000Z' }) },
      { 'baseline-verification-age': 'fail' },
    ],
    ['verified never', { copies: second(copies, { verifiedAt: undefined }) }, { 'baseline-verification-age': 'fail' }],
    [
      'verified in the future',
      { copies: second(copies, { verifiedAt: '2026-11-21T00:00:00.000Z' }) },
      { 'baseline-verification-age': 'unknown' },
    ],
    [
      'a key without recovery recipient',
      { keys: second(keys, { hasRecoveryRecipient: false }) },
      { 'baseline-recovery-recipient': 'fail' },
    ],
  ])('%s - flips its own check alone', (_title, change, expected) => {
    expect(flipped(evaluate({ ...PASSING, ...change }))).toEqual(expected);
  });

  test('a demanded copy that is not present - both rules on copies fail, no other', () => {
    const verdicts = evaluate({ ...PASSING, copies: second(copies, { isPresent: false }) });

    expect(flipped(verdicts)).toEqual({ 'baseline-copies': 'fail', 'test-copies': 'fail' });
  });

  test('two copies in one failure domain - both rules on copies fail, no other', () => {
    const verdicts = evaluate({ ...PASSING, copies: second(copies, { failureDomain: 'a' }) });

    expect(flipped(verdicts)).toEqual({ 'baseline-copies': 'fail', 'test-copies': 'fail' });
  });

  test('a failure domain that cannot be told - unknown, not passed', () => {
    const verdicts = evaluate({ ...PASSING, copies: second(copies, { failureDomain: undefined }) });

    expect(flipped(verdicts)).toEqual({ 'baseline-copies': 'unknown', 'test-copies': 'unknown' });
  });

  test('no time of retention at all - the baseline fails without any rule', () => {
    const verdicts = evaluate({ ...PASSING, retentionUntil: PASSING.startTime }, []);

    expect(flipped(verdicts)).toEqual({ 'baseline-retention-window': 'fail' });
  });

  test('evidence - names the copy, what was seen and what is allowed', () => {
    const verdict = evaluate({ ...PASSING, places: second(places, { country: 'DE' }) }).find(
      ({ rule }) => rule === 'test-residency',
    );

    expect(verdict).toMatchObject({
      evidence: "copy 'second' lies in DE, allowed: RU",
      basis: 'law',
      checkedAt: '2026-11-20T12:00:00.000Z',
    });
  });
});

describe('which rules count', () => {
  const verdictsOf = (patch: Partial<ComplianceRule>, at: string): number =>
    evaluate({ ...PASSING, observedAt: at }, [aRule('residency', { allowed: ['RU'] }, patch)], Date.parse(at)).filter(
      ({ rule }) => rule.startsWith('test-'),
    ).length;

  test.each<[string, Partial<ComplianceRule>, string, number]>([
    ['before the first day', { effectiveFrom: '2026-12-01' }, '2026-11-20T12:00:00Z', 0],
    ['first day already begun in the far east', { effectiveFrom: '2026-11-21' }, '2026-11-20T12:00:00Z', 1],
    ['last day still lasting in the far west', { effectiveTo: '2026-11-19' }, '2026-11-20T11:59:00Z', 1],
    ['after the last day everywhere', { effectiveTo: '2026-11-19' }, '2026-11-20T12:00:00Z', 0],
    ['other data type', { appliesTo: ['game_data'] }, '2026-11-20T12:00:00Z', 0],
    ['yearly points only', { params: { allowed: ['RU'], points: 'yearly' } }, '2026-11-20T12:00:00Z', 0],
    ['a date that cannot be read', { effectiveFrom: 'soon' }, '2026-11-20T12:00:00Z', 1],
  ])('%s', (_title, patch, at, expected) => {
    expect(verdictsOf(patch, at)).toBe(expected);
  });

  test('yearly point - rules on yearly points count', () => {
    const rule = aRule('retention-window', { min: 'P7Y', points: 'yearly' });

    const verdicts = evaluateRules([rule], PASSING, NOW, ['daily', 'yearly']);

    expect(flipped(verdicts)).toEqual({ 'test-retention-window': 'fail' });
  });

  test('no rule at all - the baseline is checked all the same', () => {
    expect(evaluate(PASSING, [])).toHaveLength(5);
  });

  test('a rule with an id of the baseline - takes its place, does not come beside it', () => {
    const verdicts = evaluate(PASSING, [...baselineRules(1)]);

    expect(verdicts).toHaveLength(5);
  });

  test('minimum after maximum - both rules fail and name each other', () => {
    const rules = [
      aRule('retention-window', { min: 'P5Y' }, { id: 'accounting' }),
      aRule('retention-window', { max: 'P30D' }, { id: 'privacy' }),
    ];

    const verdicts = evaluate({ ...PASSING, retentionUntil: '2032-01-01T00:00:00.000Z' }, rules);

    for (const id of ['accounting', 'privacy']) {
      const verdict = verdicts.find(({ rule }) => rule === id);
      expect(verdict?.verdict).toBe('fail');
      expect(verdict?.evidence).toContain("the minimum of rule 'accounting' lies after the maximum of rule 'privacy'");
    }
  });

  test('facts observed sixteen minutes ago - nothing passes', () => {
    const verdicts = evaluate({ ...PASSING, observedAt: '2026-11-20T11:44:00.000Z' });

    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  });

  test('facts observed in the future - nothing passes', () => {
    const verdicts = evaluate({ ...PASSING, observedAt: '2026-11-20T12:02:00.000Z' });

    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']));
  });
});

describe('properties of the checks', () => {
  const countries = fc.constantFrom('RU', 'DE', undefined);
  const copy = fc.record({
    isPresent: fc.boolean(),
    encryption: fc.constantFrom('AES-256-GCM', 'none', undefined),
    verifiedAt: fc.constantFrom('2026-11-20T03:00:00.000Z', '2026-01-01T00:00:00.000Z', undefined),
    failureDomain: fc.constantFrom('a', 'b', undefined),
  });
  const key = fc.record({ country: countries, hasRecoveryRecipient: fc.boolean() });
  const factSets: fc.Arbitrary<ComplianceFacts> = fc
    .record({
      copies: fc.tuple(copy, copy),
      keys: fc.tuple(key, key),
      places: fc.tuple(countries, countries, countries),
      retentionUntil: fc.constantFrom(
        '2026-11-20T02:00:00.000Z',
        '2026-12-01T00:00:00.000Z',
        '2027-02-20T02:00:00.000Z',
        '2029-01-01T00:00:00.000Z',
        'x',
      ),
    })
    .map((drawn) => ({
      ...PASSING,
      retentionUntil: drawn.retentionUntil,
      copies: PASSING.copies.map((item, index) => ({ ...item, ...drawn.copies[index]! })),
      keys: PASSING.keys.map((item, index) => ({ ...item, ...drawn.keys[index]! })),
      places: PASSING.places.map((item, index) => ({ ...item, country: drawn.places[index] })),
    }));

  /** Each makes one fact worse or takes it away. */
  const worsenings: readonly ((facts: ComplianceFacts) => ComplianceFacts)[] = [0, 1].flatMap((at) => {
    const change = <Item>(items: readonly Item[], patch: Partial<Item>): Item[] =>
      items.map((item, index) => (index === at ? { ...item, ...patch } : item));
    const without = <Item>(items: readonly Item[]): Item[] => items.filter((_item, index) => index !== at);
    return [
      (facts: ComplianceFacts) => ({ ...facts, copies: change(facts.copies, { isPresent: false }) }),
      (facts: ComplianceFacts) => ({ ...facts, copies: change(facts.copies, { encryption: undefined }) }),
      (facts: ComplianceFacts) => ({ ...facts, copies: change(facts.copies, { encryption: 'none' }) }),
      (facts: ComplianceFacts) => ({ ...facts, copies: change(facts.copies, { verifiedAt: undefined }) }),
      (facts: ComplianceFacts) => ({ ...facts, copies: change(facts.copies, { failureDomain: undefined }) }),
      (facts: ComplianceFacts) => ({ ...facts, copies: without(facts.copies) }),
      (facts: ComplianceFacts) => ({ ...facts, keys: change(facts.keys, { country: undefined }) }),
      (facts: ComplianceFacts) => ({ ...facts, keys: change(facts.keys, { country: 'DE' }) }),
      (facts: ComplianceFacts) => ({ ...facts, keys: change(facts.keys, { hasRecoveryRecipient: false }) }),
      (facts: ComplianceFacts) => ({ ...facts, keys: without(facts.keys) }),
      (facts: ComplianceFacts) => ({ ...facts, places: change(facts.places, { country: undefined }) }),
      (facts: ComplianceFacts) => ({ ...facts, places: change(facts.places, { country: 'DE' }) }),
      (facts: ComplianceFacts) => ({ ...facts, places: without(facts.places) }),
      (facts: ComplianceFacts) => ({ ...facts, retentionUntil: 'unknown' }),
      (facts: ComplianceFacts) => ({ ...facts, observedAt: 'unknown' }),
    ];
  });

  test('any facts, one of them made worse - no rule that did not pass passes now', () => {
    fc.assert(
      fc.property(factSets, fc.constantFrom(...worsenings), (facts, worsen) => {
        const before = new Map(evaluate(facts).map(({ rule, verdict }) => [rule, verdict]));
        for (const { rule, verdict } of evaluate(worsen(facts))) {
          if (before.get(rule) !== 'pass') expect([rule, verdict]).not.toEqual([rule, 'pass']);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('any facts - a verdict that is no pass tells its evidence', () => {
    fc.assert(
      fc.property(factSets, (facts) => {
        for (const { evidence } of evaluate(facts)) expect(evidence).not.toBe('');
      }),
    );
  });

  test('nothing known - nothing but the retention window passes', () => {
    const verdicts = evaluate({ ...PASSING, places: [], keys: [], copies: [] });

    expect(verdicts.filter(({ verdict }) => verdict === 'pass').map(({ kind }) => kind)).toEqual([
      'retention-window',
      'retention-window',
    ]);
  });
});
