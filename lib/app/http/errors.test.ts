// Tests the error form: its exact fields, its language, and that nothing unexpected is told.

import { describe, expect, test } from '@jest/globals';
import { ERROR_TABLE, HoldfastError } from '../../domain/errors.ts';
import type { ErrorName } from '../../domain/errors.ts';
import { errorAnswer, errorDocument, pointerFault, printable } from './errors.ts';

const names = Object.keys(ERROR_TABLE) as ErrorName[];

describe('errorAnswer', () => {
  test.each(names)('%s - its own status, code and title in both languages, in the strict form', (name) => {
    for (const language of ['en', 'ru'] as const) {
      const { status, body } = errorAnswer(new HoldfastError(name, 'unable to do it'), language, 'req_1');

      expect(status).toBe(ERROR_TABLE[name].status);
      expect(errorDocument.parse(body).errors[0]).toMatchObject({
        code: ERROR_TABLE[name].code,
        title: ERROR_TABLE[name].title[language],
      });
    }
  });

  test('a retryable error - says when to come back', () => {
    expect(errorAnswer(new HoldfastError('QueueFull', 'x'), 'en', 'r').headers).toEqual({ 'retry-after': '5' });
    expect(errorAnswer(new HoldfastError('NotFound', 'x'), 'en', 'r').headers).toBeUndefined();
  });

  test('an unexpected error - no word of it, only the request id', () => {
    const { status, body } = errorAnswer(new TypeError('cannot read secret of undefined'), 'en', 'req_9');

    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(JSON.stringify(body)).toContain('req_9');
  });

  test('facts that name a place - become the source, other facts stay inside', () => {
    const { body } = errorAnswer(
      new HoldfastError('NotFound', 'x', { parameter: 'id', key: 'internal/key' }),
      'en',
      'r',
    );

    expect(body).toEqual({ errors: [expect.objectContaining({ source: { parameter: 'id' } })] });
    expect(JSON.stringify(body)).not.toContain('internal/key');
  });

  test('a fault of the request - 400 with its pointer', () => {
    expect(errorAnswer(pointerFault('/a/0', 'expected a number'), 'en', 'r')).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'VALIDATION', source: { pointer: '/a/0' } }] },
    });
  });
});

describe('printable', () => {
  test.each([
    ['plain text, текст', 'plain text, текст'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['two\nlines', 'two\\u000alines'],
    ['right\u202eleft', 'right\\u202eleft'],
    ['zero\u200bwidth', 'zero\\u200bwidth'],
  ])('%j - shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});
