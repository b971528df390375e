// Tests of when schedules fire around the changes of the clock, in zones that have them and in one that does not.
import { describe, expect, test } from '@jest/globals';

import { isTimeZone, nextSlot, nextSlots } from './cron.ts';

const slots = (cron: string, timeZone: string, after: string, count: number): string[] =>
  nextSlots({ cron, timeZone }, Date.parse(after), count).map((at) => new Date(at).toISOString().slice(0, 16));

describe('schedules around the changes of the clock (trap 42)', () => {
  test.each([
    [
      'Berlin, 02:30 inside the spring gap - once, at the jump',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:30'],
    ],
    [
      'Berlin, a list inside the spring gap - once, at the jump',
      '0,30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00', '2026-03-30T00:00'],
    ],
    [
      'Berlin, 02:30 in the doubled hour - once, in its first pass',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'Berlin, every four hours over the gap - no run more or less',
      '0 */4 * * *',
      'Europe/Berlin',
      '2026-03-28T21:00:00Z',
      ['2026-03-28T23:00', '2026-03-29T02:00', '2026-03-29T06:00'],
    ],
    [
      'Berlin, every half hour over the doubled hour - every half hour',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:00:00Z',
      ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30'],
    ],
    [
      'New York, 02:30 inside the spring gap - once, at the jump',
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      ['2026-03-08T07:00', '2026-03-09T06:30'],
    ],
    [
      'New York, 01:30 in the doubled hour - once',
      '30 1 * * *',
      'America/New_York',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T05:30', '2026-11-02T06:30'],
    ],
    [
      'Moscow, which has no changes - the same instant every day',
      '30 2 * * *',
      'Europe/Moscow',
      '2026-03-28T12:00:00Z',
      ['2026-03-28T23:30', '2026-03-29T23:30', '2026-03-30T23:30'],
    ],
  ])('%s', (_title, cron, zone, after, expected) => {
    expect(slots(cron, zone, after, expected.length)).toEqual(expected);
  });

  test('Moscow 2014, when the clock went back for good - the doubled hour runs once', () => {
    expect(slots('30 1 * * *', 'Europe/Moscow', '2014-10-25T12:00:00Z', 2)).toEqual([
      '2014-10-25T21:30',
      '2014-10-26T22:30',
    ]);
  });

  test('day of month and weekday both given - either of them, as in unix', () => {
    expect(slots('0 0 1 * 1', 'UTC', '2026-08-30T12:00:00Z', 3)).toEqual([
      '2026-08-31T00:00',
      '2026-09-01T00:00',
      '2026-09-07T00:00',
    ]);
  });

  test('29 February - only in leap years', () => {
    expect(slots('0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', 2)).toEqual(['2028-02-29T00:00', '2032-02-29T00:00']);
  });

  test('31 February - never', () => {
    expect(nextSlot({ cron: '0 0 31 2 *', timeZone: 'UTC' }, 0)).toBeUndefined();
  });

  test.each(['0 2 * *', '0 0 2 * * *', 'cron(0 2 * * ? *)', '0 2 ? * 1 *'])(
    'text that is not five fields - "%s" is refused',
    (cron) => {
      expect(() => nextSlot({ cron, timeZone: 'UTC' }, 0)).toThrow(expect.objectContaining({ name: 'InvalidCron' }));
    },
  );

  test('unknown zone - refused by name', () => {
    expect(() => nextSlot({ cron: '0 2 * * *', timeZone: 'Europe/Moskow' }, 0)).toThrow(
      "unable to use time zone 'Europe/Moskow'",
    );
    expect(isTimeZone('Europe/Moscow')).toBe(true);
    expect(isTimeZone('+03:00')).toBe(false);
  });
});
