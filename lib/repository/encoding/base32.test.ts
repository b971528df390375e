import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { decodeBase32, encodeBase32 } from './base32.ts';

describe('base32', () => {
  test('any whole groups of five bytes - come back', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 5, maxLength: 5 }), { maxLength: 10 }), (groups) => {
        const bytes = Buffer.concat(groups);

        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      }),
    );
  });

  test('letters written by hand - O is read as zero, I and L as one, in either case', () => {
    expect(decodeBase32('oOiIlL00')).toEqual(decodeBase32('00111100'));
  });

  test('a character outside the alphabet - is no base32', () => {
    expect(decodeBase32('ABCU')).toBeUndefined();
  });
});
