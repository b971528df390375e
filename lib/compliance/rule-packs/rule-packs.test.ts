// Tests that rule packs stay dated data with their sources, and that nobody's wish is dressed up as law.
import { describe, expect, test } from '@jest/globals';

import { DATA_TYPES } from '../../domain/compliance.ts';
import { BASELINE_PREFIX } from '../../domain/compliance/baseline.ts';
import { windowOf } from '../../domain/compliance/retention-window.ts';
import { RULE_PACKS } from './rule-packs.ts';

const rules = Object.values(RULE_PACKS).flat();

describe('rule packs', () => {
  test('ids - unique, and none of the baseline', () => {
    const ids = rules.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id.startsWith(BASELINE_PREFIX))).toEqual([]);
  });

  test.each(rules.map((rule) => [rule.id, rule] as const))(
    '%s - has source, dates, data types and both texts',
    (_id, rule) => {
      expect(rule.source.length).toBeGreaterThan(10);
      expect(rule.effectiveFrom).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(rule.reviewedAt ?? '2026-01-01').toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(DATA_TYPES).toEqual(expect.arrayContaining([...rule.appliesTo]));
      expect(rule.text.en).toMatch(/\.$/);
      expect(rule.text.ru).toMatch(/[а-я].*\.$/);
    },
  );

  test('law - only what names an act', () => {
    const laws = rules.filter(({ basis }) => basis === 'law');

    expect(laws.map(({ id }) => id)).toEqual(['ru-152-fz-residency', 'ru-402-fz-retention']);
    for (const { source } of laws) expect(source).toMatch(/\d+-FZ art\. \d+/);
  });

  test('seven years - policy, on yearly points only', () => {
    expect(RULE_PACKS['policy-7y']).toMatchObject([
      { basis: 'policy', jurisdiction: '*', params: { min: 'P7Y', points: 'yearly' } },
    ]);
  });

  test('accounting documents of any day of 2026 - at least until the end of 2031 in Kaliningrad', () => {
    const [rule] = RULE_PACKS['ru-accounting']!;

    for (const start of ['2026-01-01T12:00:00.000Z', '2026-12-31T12:00:00.000Z']) {
      expect(windowOf(rule!, start).notBefore).toBe('2031-12-31T22:00:00.000Z');
    }
  });
});
