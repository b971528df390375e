// Tests numbers and times as people read them.

import { expect, test } from '@jest/globals';
import { ageText, bytesText, percentText, whenText } from './formats.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [150 * 1024, '150 KiB'],
  [9.4 * 1024 ** 3, '9.4 GiB'],
  [5 * 1024 ** 6, '5120 PiB'],
])('%d bytes - %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('an age - past and future, in both languages', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');

  expect(ageText('2026-11-18T23:00:00Z', now, 'en')).toBe('37 h ago');
  expect(ageText('2026-11-18T23:00:00Z', now, 'ru')).toBe('37 ч назад');
  expect(ageText('2026-11-20T12:10:00Z', now, 'en')).toBe('in 10 min');
});

test('an instant - with zone and age', () => {
  expect(whenText('2026-11-20T11:00:00Z', 'Europe/Moscow', Date.parse('2026-11-20T12:00:00Z'), 'en')).toBe(
    '20 Nov 2026 14:00 GMT+3 (1 h ago)',
  );
});

test('a share - never above a hundred, nothing without a total', () => {
  expect(percentText(78, 100)).toBe('78 %');
  expect(percentText(130, 100)).toBe('100 %');
  expect(percentText(1, 0)).toBe('');
});
