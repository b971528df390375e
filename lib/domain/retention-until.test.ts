// Tests of the retention date: keep lines on the calendar, minima of rules on top, maxima never silently.
import { describe, expect, test } from '@jest/globals';

import type { ComplianceRule } from './compliance.ts';
import { retentionUntil } from './retention-until.ts';
import type { KeepRule } from './store-policy.ts';

const START = '2026-11-20T23:30:00.000Z';

const aRule = (params: ComplianceRule['params'], patch: Partial<ComplianceRule> = {}): ComplianceRule => ({
  id: 'rule',
  kind: 'retention-window',
  jurisdiction: '*',
  basis: 'law',
  source: 'test',
  effectiveFrom: '2020-01-01',
  appliesTo: ['payment_data'],
  params,
  text: { en: 'x', ru: 'x' },
  ...patch,
});

const until = (keep: KeepRule, rules: readonly ComplianceRule[] = []) =>
  retentionUntil(
    {
      keep,
      rules,
      dataType: 'payment_data',
      schedules: [{ id: 'full', cron: '0 2 * * *', timeZone: 'Europe/Moscow', type: 'full' }],
    },
    START,
  );

describe('until when a new backup is kept', () => {
  test('daily line - thirty calendar days', () => {
    expect(until({ daily: 'P30D', yearly: 'P7Y' })).toBe('2026-12-20T23:30:00.000Z');
  });

  test('no daily line - the longest line there is', () => {
    expect(until({ weekly: 'P3M', monthly: 'P1Y' })).toBe('2027-11-20T23:30:00.000Z');
  });

  test('no line at all - thirty days rather than none', () => {
    expect(until({})).toBe('2026-12-20T23:30:00.000Z');
  });

  test('minimum of law beyond the keep line - the minimum and a day', () => {
    expect(until({ daily: 'P30D' }, [aRule({ min: 'P5Y', anchor: 'year-end', timeZone: 'Europe/Kaliningrad' })])).toBe(
      '2032-01-01T22:00:00.000Z',
    );
  });

  test('minimum below the keep line - the keep line', () => {
    expect(until({ daily: 'P1Y' }, [aRule({ min: 'P30D' })])).toBe('2027-11-20T23:30:00.000Z');
  });

  test('minimum equal to the maximum - the grace goes no further than the maximum', () => {
    expect(until({ daily: 'P30D' }, [aRule({ min: 'P6M', max: 'P6M' })])).toBe('2027-05-20T23:30:00.000Z');
  });

  test('maximum below the keep line - not shortened silently', () => {
    expect(until({ daily: 'P1Y' }, [aRule({ max: 'P30D' })])).toBe('2027-11-20T23:30:00.000Z');
  });

  test('rule for yearly points, for other data or not in force - no say', () => {
    const rules = [
      aRule({ min: 'P7Y', points: 'yearly' }),
      aRule({ min: 'P7Y' }, { appliesTo: ['game_data'] }),
      aRule({ min: 'P7Y' }, { effectiveTo: '2026-01-01' }),
      aRule({ min: 'P7Y' }, { kind: 'copies' }),
    ];

    expect(until({ daily: 'P30D' }, rules)).toBe('2026-12-20T23:30:00.000Z');
  });
});
