// Paths out of a manifest: what is taken, what is refused.

import { describe, expect, test } from '@jest/globals';

import { isBelow, safeComponents } from './entry-paths.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('paths of entries', () => {
  test.each([
    ['empty', ''],
    ['absolute', '/etc/passwd'],
    ['climbing', '../x'],
    ['climbing inside', 'a/../../x'],
    ['climbing at the end', 'a/..'],
    ['a dot', 'a/./b'],
    ['a double slash', 'a//b'],
    ['a slash at the end', 'a/'],
    ['NUL', 'a\0b'],
    ['a name of our own', '.holdfast-restore-incomplete'],
    ['a name of our own inside', 'a/.holdfast-restore-new-1/b'],
    ['longer than any path', 'a/'.repeat(3000) + 'a'],
  ])('%s - UnsafePath', (_, path) => {
    expect(() => safeComponents(bytes(path))).toThrow(expect.objectContaining({ name: 'UnsafePath' }));
  });

  test.each([['a'], ['a/b'], ['..a/b..'], ['...'], [' '], ['-rf'], ['a\nb'], ['\xff\xfe/x'], ['.hidden']])(
    '%j - taken as it is',
    (path) => {
      expect(Buffer.from(safeComponents(bytes(path)).join('/')).length).toBeGreaterThan(0);
      expect(
        safeComponents(bytes(path))
          .map((name) => name.toString('latin1'))
          .join('/'),
      ).toBe(path);
    },
  );

  test('sibling with a common beginning - not below', () => {
    expect(isBelow(bytes('a/b'), bytes('a'))).toBe(true);
    expect(isBelow(bytes('ab'), bytes('a'))).toBe(false);
    expect(isBelow(bytes('a'), bytes('a'))).toBe(false);
  });
});
