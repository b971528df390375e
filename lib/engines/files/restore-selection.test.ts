// Selected paths: exact, directories with their content, absolute or relative; and nothing that is nowhere.

import { describe, expect, test } from '@jest/globals';

import { assertAllMatched, Selection } from './restore-selection.ts';

const selection = (...paths: string[]): Selection => new Selection(paths, '/srv/data');
const includes = (chosen: Selection, path: string): boolean => chosen.includes(Buffer.from(path));

describe('selection', () => {
  test('nothing named - everything', () => {
    expect(includes(selection(), 'a/b')).toBe(true);
  });

  test('directory - itself and everything in it, no sibling', () => {
    const chosen = selection('a/b/');

    expect(['a/b', 'a/b/c', 'a/b/c/d'].every((path) => includes(chosen, path))).toBe(true);
    expect(['a', 'a/bc', 'a/c', 'b'].some((path) => includes(chosen, path))).toBe(false);
    expect(chosen.leadsTo(Buffer.from('a'))).toBe(true);
    expect(chosen.leadsTo(Buffer.from('a/b'))).toBe(false);
  });

  test('absolute path in the unit - taken relative to its root', () => {
    expect(includes(selection('/srv/data/a'), 'a/b')).toBe(true);
    expect(includes(selection('/srv/data'), 'anything')).toBe(true);
  });

  test('absolute path of another unit - selects nothing here', () => {
    expect(includes(selection('/srv/database/a'), 'a')).toBe(false);
  });

  test.each(['', 'a/../b', '..', 'a\0'])('path %j - InvalidRequest', (path) => {
    expect(() => selection(path)).toThrow(expect.objectContaining({ name: 'InvalidRequest' }));
  });

  test('path that no unit has - NotFound naming it', () => {
    const [first, second] = [new Selection(['a', 'gone'], '/one'), new Selection(['a', 'gone'], '/two')];
    includes(second, 'a');
    includes(first, 'b');

    expect(() => {
      assertAllMatched(['a', 'gone'], [first, second]);
    }).toThrow(expect.objectContaining({ name: 'NotFound', facts: { path: 'gone' } }));
    expect(() => {
      assertAllMatched(['a'], [first, second]);
    }).not.toThrow();
  });
});
