// Tests of calendar periods: month ends, leap years, zones with gaps and doubled hours.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { addPeriod, parsePeriod, yearEnd } from './period.ts';

describe('periods on the calendar', () => {
  test.each([
    ['seven years pass two leap days', '2026-11-20T02:00:00.000Z', 'P7Y', 'UTC', '2033-11-20T02:00:00.000Z'],
    ['a month after 31 January ends in February', '2026-01-31T12:00:00.000Z', 'P1M', 'UTC', '2026-02-28T12:00:00.000Z'],
    ['a month after 31 January of a leap year', '2028-01-31T12:00:00.000Z', 'P1M', 'UTC', '2028-02-29T12:00:00.000Z'],
    ['a year after 29 February', '2028-02-29T00:00:00.000Z', 'P1Y', 'UTC', '2029-02-28T00:00:00.000Z'],
    ['weeks are days', '2026-12-28T00:00:00.000Z', 'P2W', 'UTC', '2027-01-11T00:00:00.000Z'],
    ['parts add up, months before days', '2026-01-31T00:00:00.000Z', 'P1Y1M1D', 'UTC', '2027-03-01T00:00:00.000Z'],
    [
      'thirty days over a spring gap keep the wall clock',
      '2026-03-15T01:30:00.000Z',
      'P30D',
      'Europe/Berlin',
      '2026-04-14T00:30:00.000Z',
    ],
    [
      'a time inside the spring gap moves behind it',
      '2026-02-28T01:30:00.000Z',
      'P1M1D',
      'Europe/Berlin',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'a doubled hour is its first pass',
      '2026-09-25T00:30:00.000Z',
      'P1M',
      'Europe/Berlin',
      '2026-10-25T00:30:00.000Z',
    ],
    ['the day is the day of the zone', '2026-01-30T22:00:00.000Z', 'P1M', 'Europe/Moscow', '2026-02-27T22:00:00.000Z'],
  ])('%s', (_title, at, period, zone, expected) => {
    expect(addPeriod(at, period, zone)).toBe(expected);
  });

  test('year end - the next New Year of the zone, not of UTC', () => {
    expect(yearEnd('2026-12-31T21:30:00.000Z', 'Europe/Moscow')).toBe('2027-12-31T21:00:00.000Z');
    expect(yearEnd('2026-12-31T21:30:00.000Z', 'UTC')).toBe('2027-01-01T00:00:00.000Z');
  });

  test.each(['', 'P', 'P0D', 'P0Y0M', '30D', 'P1H', 'PT1H', 'P-1D', 'P1.5Y', 'P1D1Y', 'P99999D'])(
    'a text that is no period, or a period of nothing (trap 34) - "%s" is refused',
    (text) => {
      expect(() => parsePeriod(text)).toThrow(expect.objectContaining({ name: 'InvalidConfiguration' }));
    },
  );

  test('seven years - never 2555 days, whatever the start', () => {
    for (let year = 2000; year < 2090; year++) {
      const start = `${year}-06-15T00:00:00.000Z`;
      const days = (Date.parse(addPeriod(start, 'P7Y')) - Date.parse(start)) / 86_400_000;
      expect([2556, 2557]).toContain(days);
    }
  });

  test('any instant and zone - a period moves forward, and a longer one at least as far', () => {
    const instants = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true });
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'Europe/Moscow', 'America/New_York', 'Australia/Lord_Howe');
    fc.assert(
      fc.property(instants, zones, fc.integer({ min: 1, max: 400 }), (date, zone, days) => {
        const at = date.toISOString();
        const shorter = Date.parse(addPeriod(at, `P${days}D`, zone));
        const longer = Date.parse(addPeriod(at, `P${days + 1}D`, zone));
        expect(shorter).toBeGreaterThan(date.getTime());
        expect(longer).toBeGreaterThan(shorter);
      }),
    );
  });
});
