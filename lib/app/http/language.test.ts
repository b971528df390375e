// Tests the choice of the caller's language.

import { expect, test } from '@jest/globals';
import { languageOf } from './language.ts';

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['ru', 'ru'],
  ['ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7', 'ru'],
  ['en-GB,en;q=0.9,ru;q=0.1', 'en'],
  ['de,ru;q=0.5', 'ru'],
  ['de, fr', 'en'],
  ['ru;q=0', 'en'],
  ['en;q=0.1, ru;q=0.2', 'ru'],
  ['ru;q=nonsense', 'en'],
  ['russian', 'en'],
  [`ru,${'x'.repeat(300)}`, 'en'],
])('Accept-Language %p - %s', (header, language) => {
  expect(languageOf(header)).toBe(language);
});
