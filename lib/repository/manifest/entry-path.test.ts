import { describe, expect, test } from '@jest/globals';

import { assertSafePath } from './entry-path.ts';

describe('safe path', () => {
  test.each(['', 'a', 'a/b', '.a', '..a', 'a..', '...', 'a/.b', 'with space/ü', 'a\\b', 'a\nb'])(
    '%j - is accepted',
    (path) => {
      expect(() => assertSafePath(Buffer.from(path))).not.toThrow();
    },
  );

  test('bytes that are no UTF-8 - are accepted', () => {
    expect(() => assertSafePath(Buffer.from([0xff, 0xfe, 0x2f, 0x80]))).not.toThrow();
  });

  test('a path longer than Linux takes - is refused as unsafe', () => {
    expect(() => assertSafePath(Buffer.alloc(4097, 'a'))).toThrow(expect.objectContaining({ name: 'UnsafePath' }));
  });

  test.each(['/', '/a', 'a/', 'a//b', '.', '..', './a', 'a/.', '../a', 'a/..', 'a/../b', 'a\0b'])(
    '%j - is refused as unsafe',
    (path) => {
      expect(() => assertSafePath(Buffer.from(path))).toThrow(expect.objectContaining({ name: 'UnsafePath' }));
    },
  );
});
