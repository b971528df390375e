// Tests API tokens: what a file may hold, and that a presented token is only ever its own principal.

import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { HoldfastError } from '../domain/errors.ts';
import { makeToken, parseTokenFile, principalOf, tokenFileText } from './token.ts';

const anna = makeToken({ id: 'operator:anna', roles: ['backup_operator'] }, randomBytes);
const olga = makeToken({ id: 'officer:olga', roles: ['compliance_officer'] }, randomBytes);

describe('tokens', () => {
  test('a made token - 256 bits behind a fixed beginning that leak scanners know', () => {
    expect(anna.token).toMatch(/^hft_[A-Za-z0-9_-]{43}$/);
    expect(anna.token).not.toBe(olga.token);
  });

  test('a token file - read back as it was written', () => {
    expect(parseTokenFile(tokenFileText([anna, olga]))).toEqual([anna, olga]);
  });

  test('a presented token - stands for its own principal only', () => {
    expect(principalOf(olga.token, [anna, olga])).toEqual({ id: 'officer:olga', roles: ['compliance_officer'] });
    expect(principalOf(anna.token, [olga])).toBeUndefined();
  });

  test.each(['', 'hft_', 'x'.repeat(10_000), `${anna.token} `, anna.token.slice(0, -1)])(
    'a wrong token - nobody',
    (presented) => {
      expect(principalOf(presented, [anna, olga])).toBeUndefined();
    },
  );

  test.each([
    ['no JSON', `token: ${anna.token}`],
    ['no list', JSON.stringify({ version: 1 })],
    ['an empty list', JSON.stringify({ tokens: [] })],
    ['a short token', JSON.stringify({ tokens: [{ principal: 'a', roles: ['read_only'], token: 'hft_short' }] })],
    ['no principal', JSON.stringify({ tokens: [{ roles: ['read_only'], token: anna.token }] })],
    ['an unknown role', JSON.stringify({ tokens: [{ principal: 'a', roles: ['root'], token: anna.token }] })],
    ['no roles', JSON.stringify({ tokens: [{ principal: 'a', token: anna.token }] })],
  ])('a file with %s - refused without a word of its content', (_what, text) => {
    let error: HoldfastError | undefined;
    try {
      parseTokenFile(text);
    } catch (caught) {
      error = caught as HoldfastError;
    }

    expect(error?.name).toBe('InvalidConfiguration');
    expect(error?.message).not.toContain('hft_');
    expect(error?.message).not.toContain('root');
  });
});
