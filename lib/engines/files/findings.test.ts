// What a dump noticed: bounded in number and size, safe to show, and no excuse for a broken disk.

import { describe, expect, test } from '@jest/globals';

import { Findings, shownPath } from './findings.ts';

const failing = (code: string) => (): never => {
  throw Object.assign(new Error(code), { code });
};

describe('findings', () => {
  test('more warnings than fit - the first ones, and how many more there were', () => {
    const few = new Findings({ warningBytesMax: 40 });
    const many = new Findings();

    for (let n = 0; n < 3; n++) few.warn('a text of 20 letters');
    for (let n = 0; n < 105; n++) many.warn('x');

    expect(few.warnings).toEqual(['a text of 20 letters', 'a text of 20 letters', 'and 1 more warnings']);
    expect([many.warnings.length, many.warnings.at(-1)]).toEqual([101, 'and 5 more warnings']);
  });

  test('name with control characters, no UTF-8, endless - shown safely', () => {
    expect(shownPath(Buffer.from('a\u001b[31m\nb\u0085'))).toBe('a\\x1b[31m\\x0ab\\x85');
    expect(shownPath(Buffer.from([0x61, 0xff]))).toBe('a\ufffd');
    expect(shownPath(Buffer.alloc(4000, 'x')).length).toBeLessThan(400);
  });

  test.each([
    ['ENOENT', { changedCount: 1, unreadableCount: 0 }],
    ['ELOOP', { changedCount: 1, unreadableCount: 0 }],
    ['ESTALE', { changedCount: 1, unreadableCount: 0 }],
    ['EACCES', { changedCount: 0, unreadableCount: 1 }],
  ])('%s - noted, and the walk goes on', (code, counts) => {
    const findings = new Findings();

    expect(findings.attempt(Buffer.from('x'), failing(code))).toBeUndefined();
    expect(findings).toMatchObject(counts);
    expect(findings.warnings).toHaveLength(1);
  });

  test('EIO - DumpIncomplete, because the source itself is broken', () => {
    expect(() => new Findings().attempt(Buffer.from('x'), failing('EIO'))).toThrow(
      expect.objectContaining({ name: 'DumpIncomplete', facts: { code: 'EIO' } }),
    );
  });
});
