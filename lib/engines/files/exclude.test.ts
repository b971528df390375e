// Exclude patterns: the rules of .gitignore that we keep, what we refuse, and that no pattern can stall a backup.

import { describe, expect, test } from '@jest/globals';

import { compileExcludes, EXCLUDE_BYTES_MAX, excludeProblem } from './exclude.ts';

const excludes = (patterns: readonly string[], path: string | Buffer): boolean => {
  const text = path.toString('latin1');
  const isDirectory = text.endsWith('/');
  return compileExcludes(patterns).matches(Buffer.from(path).subarray(0, isDirectory ? -1 : undefined), isDirectory);
};

describe('exclude patterns', () => {
  test.each([
    ['*.log', 'a.log', true],
    ['*.log', 'deep/er/a.log', true],
    ['*.log', 'a.log.gz', false],
    ['/*.log', 'deep/a.log', false],
    ['/*.log', 'a.log', true],
    ['cache', 'deep/cache', true],
    ['cache/', 'deep/cache', false],
    ['cache/', 'deep/cache/', true],
    ['deep/cache', 'deep/cache', true],
    ['deep/cache', 'other/deep/cache', false],
    ['a/*/c', 'a/b/c', true],
    ['a/*/c', 'a/b/b/c', false],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/b/b/c', true],
    ['a/**/c', 'a/b/cc', false],
    ['**/c', 'c', true],
    ['**/b/c', 'a/b/c', true],
    ['a/**', 'a/b', true],
    ['a/**', 'a/', false],
    ['**', 'anything', true],
    ['a**b', 'axxb', true],
    ['a**b', 'a/b', false],
    ['?', 'é', true],
    ['??', 'é', false],
    ['?.txt', '.txt', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['\\!x', '!x', true],
    ['#x', '#x', true],
    ['\\[a]', '[a]', true],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'ab-a', false],
    [' x ', ' x ', true],
  ])('pattern %j and path %j - excluded: %j', (pattern, path, expected) => {
    expect(excludes([pattern], path)).toBe(expected);
  });

  test('several patterns - the last one that matches decides', () => {
    expect(excludes(['*.log', '!keep.log'], 'keep.log')).toBe(false);
    expect(excludes(['!keep.log', '*.log'], 'keep.log')).toBe(true);
    expect(excludes(['!keep.log'], 'keep.log')).toBe(false);
  });

  test('name that is no UTF-8 - matched byte by byte', () => {
    const name = Buffer.from([0x61, 0xff, 0xfe, 0x62]);

    expect(excludes(['a*b'], name)).toBe(true);
    expect(excludes(['a??b'], name)).toBe(true);
    expect(excludes(['a?b'], name)).toBe(false);
  });

  test.each([
    ['', /must name something/],
    ['!', /must name something/],
    ['/', /must name something/],
    ['a//b', /empty/],
    ['a/../b', /"\.\."/],
    ['./a', /"\."/],
    ['[ab].txt', /character classes/],
    ['a\0b', /NUL/],
    ['x'.repeat(EXCLUDE_BYTES_MAX + 1), /at most/],
  ])('pattern %j - refused with its reason', (pattern, reason) => {
    expect(excludeProblem(pattern)).toMatch(reason);
  });

  test('pattern of 100 KB - refused at once', () => {
    expect(milliseconds(() => excludeProblem('*a'.repeat(50_000)))).toBeLessThan(50);
  });

  test.each([
    ['many stars in one name', `${'*a'.repeat(127)}b`, 'a'.repeat(255)],
    ['many stars over a long path', `**/${'*a'.repeat(120)}b`, 'a/'.repeat(2047) + 'a'],
    ['many any-depths', `${'**/a/'.repeat(50)}b`, 'a/'.repeat(2047) + 'a'],
  ])('%s - decided in milliseconds', (_, pattern, path) => {
    expect(excludeProblem(pattern)).toBeUndefined();
    expect(excludes([pattern], path)).toBe(false);
    expect(milliseconds(() => excludes([pattern], path))).toBeLessThan(50);
  });
});

/** The best of five: a busy machine must not look like a slow pattern. */
function milliseconds(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  });
  return Math.min(...times);
}
