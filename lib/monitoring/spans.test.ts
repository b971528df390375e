// Tests spans and instants in words.

import { describe, expect, test } from '@jest/globals';
import { instantText, spanText } from './spans.ts';

describe('spanText', () => {
  test.each([
    [0, '0 s', '0 с'],
    [59, '59 s', '59 с'],
    [90, '1 min 30 s', '1 мин 30 с'],
    [300, '5 min', '5 мин'],
    [359, '5 min', '5 мин'],
    [3600, '1 h', '1 ч'],
    [5400, '1 h 30 min', '1 ч 30 мин'],
    [37 * 3600, '37 h', '37 ч'],
    [93600, '26 h', '26 ч'],
    [50 * 3600, '2 d 2 h', '2 д 2 ч'],
    [30 * 86400, '30 d', '30 д'],
  ])('%i seconds - %s, %s', (seconds, en, ru) => {
    expect(spanText(seconds, 'en')).toBe(en);
    expect(spanText(seconds, 'ru')).toBe(ru);
  });
});

describe('instantText', () => {
  test('an instant - in the zone, and the zone is named', () => {
    expect(instantText('2026-11-19T11:05:00.000Z', 'Europe/Moscow', 'en')).toBe('19 Nov 2026 14:05 GMT+3');
    expect(instantText('2026-11-19T11:05:00.000Z', 'UTC', 'en')).toBe('19 Nov 2026 11:05 UTC');
  });

  test('midnight - hour 00, not 24', () => {
    expect(instantText('2026-11-19T00:00:00.000Z', 'UTC', 'en')).toContain('00:00');
  });
});
