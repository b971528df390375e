// Exclude patterns on a real tree, and against git, whose rules they follow.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { compileExcludes, excludeProblem } from '../../lib/engines/files/exclude.ts';
import type { Place } from './files-fixture.ts';
import { dump, filesPlace, hasTool, restore, run, shell, sourceOf } from './files-fixture.ts';

let place: Place;
beforeEach(() => {
  place = filesPlace();
  mkdirSync(place.path('source'));
});
afterEach(() => {
  place.remove();
});

test('patterns on a tree - what they name is neither stored nor entered, and counted', async () => {
  shell(
    'mkdir -p a/cache/deep b/cache c && touch a/cache/deep/x a/keep.tmp a/x.tmp b/cache/y c/cache top.tmp "odd\nname.tmp"',
    place.path('source'),
  );
  const source = sourceOf({ paths: [place.path('source')], exclude: ['cache/', '*.tmp', '!keep.tmp'] });

  const { sink, facts, reader } = await dump(place, source);
  await restore(place, source, [reader], { target: { kind: 'directory', path: place.path('target') } });

  expect(sink.entries().map(({ path }) => path.toString())).toEqual(['a', 'a/keep.tmp', 'b', 'c', 'c/cache']);
  expect(facts).toMatchObject({ includedFiles: 2, details: { excluded: 5 } });
  expect(
    run('find', ['.', '-mindepth', '1', '-printf', '%P\\n'], place.path('target')).trim().split('\n').sort(),
  ).toEqual(['a', 'a/keep.tmp', 'b', 'c', 'c/cache']);
});

(hasTool('git') ? describe : describe.skip)('patterns judged by git', () => {
  const component = fc.stringMatching(/^[ab*?]{1,4}$/);
  const pattern = fc
    .record({
      isNegated: fc.boolean(),
      isAnchored: fc.boolean(),
      isForDirectories: fc.boolean(),
      components: fc.array(fc.oneof({ weight: 4, arbitrary: component }, { weight: 1, arbitrary: fc.constant('**') }), {
        minLength: 1,
        maxLength: 3,
      }),
    })
    .map(
      ({ isNegated, isAnchored, isForDirectories, components }) =>
        `${isNegated ? '!' : ''}${isAnchored ? '/' : ''}${components.join('/')}${isForDirectories ? '/' : ''}`,
    )
    .filter((text) => excludeProblem(text) === undefined);
  const path = fc
    .array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));

  /** Excluded itself or in an excluded directory, as the walk sees it. */
  const isExcluded = (patterns: readonly string[], file: string): boolean => {
    const excludes = compileExcludes(patterns);
    const parts = file.split('/');
    return parts.some((_, depth) =>
      excludes.matches(Buffer.from(parts.slice(0, depth + 1).join('/')), depth + 1 < parts.length),
    );
  };

  test('random patterns and paths - the same verdict on each', () => {
    run('git', ['init', '-q', place.path('source')]);
    fc.assert(
      fc.property(
        fc.array(pattern, { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(path, { minLength: 1, maxLength: 30 }),
        (patterns, paths) => {
          // A path cannot be a file and a directory at once.
          const files = paths.filter((file) => !paths.some((other) => other.startsWith(`${file}/`)));
          const ignored = gitIgnored(patterns, files);
          expect(files.filter((file) => isExcluded(patterns, file))).toEqual(files.filter((file) => ignored.has(file)));
        },
      ),
      { seed: 20_260_101, numRuns: 150 },
    );
  });

  function gitIgnored(patterns: readonly string[], paths: readonly string[]): Set<string> {
    // The paths need not exist: git takes the last component for a file and the others for directories.
    writeFileSync(place.path('patterns'), patterns.join('\n'));
    const args = [
      '--git-dir',
      place.path('source', '.git'),
      '--work-tree',
      '.',
      '-c',
      `core.excludesFile=${place.path('patterns')}`,
      'check-ignore',
      '--stdin',
      '-z',
      '--no-index',
    ];
    const { stdout, status } = spawnSync('git', args, {
      cwd: place.path('source'),
      input: paths.join('\0'),
      encoding: 'utf8',
    });
    expect([0, 1]).toContain(status);
    return new Set(stdout.split('\0'));
  }
});
