// Tests of schedule texts: five fields are taken, every other dialect is refused with its translation.
import { describe, expect, test } from '@jest/globals';

import { cronOfInterval, parseCron, readCron } from './cron.ts';

describe('five fields', () => {
  test.each([
    '0 2 * * *',
    '*/15 * * * *',
    '0 0 1,15 * *',
    '30 1-5/2 * JAN-MAR mon-fri',
    '0 0 * * 7',
    '59 23 31 12 5-7',
  ])('"%s" is taken', (text) => {
    expect(readCron(text)).toEqual({ ok: true, cron: text });
  });

  test('spaces - are made single', () => {
    expect(parseCron('  0  2 *\t* * ')).toBe('0 2 * * *');
  });

  test.each([
    ['60 2 * * *', 'minute "60" is not within 0 and 59'],
    ['0 24 * * *', 'hour "24" is not within 0 and 23'],
    ['0 0 0 * *', 'day of month "0" is not within 1 and 31'],
    ['0 0 * 13 *', 'month "13" is not within 1 and 12'],
    ['0 0 * * 8', 'weekday "8" is not within 0 and 7'],
    ['0 0 * * 5-1', 'range "5-1" of weekday runs backwards'],
    ['*/0 * * * *', 'step "/0" of minute is not within 1 and 59'],
    ['5/15 * * * *', 'step in "5/15" of minute needs a range or * before the slash'],
    ['0 0 L * *', 'day of month "L" is not within 1 and 31'],
    ['0 0 * * 5#2', 'weekday "5#2" is not a number, range, list or step'],
    ['0 2 * *', 'a schedule has five fields (minute hour day month weekday), this has 4'],
    ['', 'a schedule has five fields (minute hour day month weekday), this has 0'],
  ])('"%s" - %s', (text, problem) => {
    expect(readCron(text)).toEqual({ ok: false, problem });
  });
});

describe('other dialects', () => {
  test.each([
    ['0 2 ? * 1 *', 'AWS', '0 2 * * 0'],
    ['0 2 * * ? *', 'AWS', '0 2 * * *'],
    ['cron(0 2 * * ? *)', 'AWS', '0 2 * * *'],
    ['cron(0 2 ? * MON-FRI *)', 'AWS', '0 2 * * MON-FRI'],
    ['cron(0 2 ? * 2-6 *)', 'AWS', '0 2 * * 1-5'],
    ['cron(0/15 2 * * ? *)', 'AWS', undefined],
    ['cron(0 2 1 1 ? 2027)', 'AWS', undefined],
    ['0 0 2 * * ?', 'Quartz', '0 2 * * *'],
    ['0 0 2 ? * 1', 'Quartz', '0 2 * * 0'],
    ['0 0 2 ? * 1 *', 'Quartz', '0 2 * * 0'],
    ['30 0 2 * * ?', 'Quartz', undefined],
    ['0 0 2 * * *', 'seconds in one dialect', '0 2 * * *'],
    ['0 2 ? * 1', '"?"', '0 2 * * 1'],
    ['@daily', 'nickname', '0 0 * * *'],
    ['rate(5 minutes)', 'rate of AWS', 'every 5m'],
  ])('"%s" - refused as %s, translated', (text, dialect, translation) => {
    const reading = readCron(text);

    expect(reading.ok).toBe(false);
    expect(reading).toMatchObject({ problem: expect.stringContaining(dialect) });
    expect(reading).toHaveProperty(translation === undefined ? 'ok' : 'translation', translation ?? false);
    if (translation === undefined) expect(reading).not.toHaveProperty('translation');
  });

  test('refused text - throws InvalidCron with the translation as suggestion', () => {
    expect(() => parseCron('0 2 ? * 1 *')).toThrow(
      expect.objectContaining({ name: 'InvalidCron', facts: { suggestion: '0 2 * * 0' } }),
    );
  });
});

describe('intervals', () => {
  test.each([
    ['1m', '* * * * *'],
    ['15m', '*/15 * * * *'],
    ['60m', '0 * * * *'],
    ['240m', '0 */4 * * *'],
    ['4h', '0 */4 * * *'],
    ['24h', '0 0 * * *'],
    ['1d', '0 0 * * *'],
    ['7d', '0 0 * * 0'],
  ])('every %s - "%s", counted from midnight', (text, cron) => {
    expect(cronOfInterval(text)).toEqual({ ok: true, cron });
  });

  test.each(['7h', '45m', '2d', '90m', '5h'])('every %s - refused, because steps would differ at midnight', (text) => {
    expect(cronOfInterval(text)).toMatchObject({
      ok: false,
      problem: expect.stringContaining('does not divide a day evenly'),
    });
  });

  test.each(['0m', '4 hours', '', '-1h'])('"%s" - no interval', (text) => {
    expect(cronOfInterval(text)).toMatchObject({ ok: false });
  });
});
