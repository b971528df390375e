// Trees through the real repository format: random ones, changed at random over several generations, each generation restored and judged
// by diff and find, in full and by incremental steps.

import { mkdirSync } from 'node:fs';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { UnitResult } from '../../lib/domain/backup-record.ts';
import { files } from '../../lib/engines/files/engine.ts';
import { openUnit } from '../../lib/repository/unit-reader.ts';
import { createUnitWriter } from '../../lib/repository/unit-writer.ts';
import type { TestContext } from '../fakes/repository-kit.ts';
import { aContext, indexOf, TINY_LIMITS } from '../fakes/repository-kit.ts';
import type { Place } from './files-fixture.ts';
import { filesPlace, makeTree, restore, shell, sourceOf, treeDifference } from './files-fixture.ts';

let place: Place;
let context: TestContext;
beforeEach(() => {
  place = filesPlace();
  context = aContext({ store: 'shared-files' });
});
afterEach(() => {
  place.remove();
});

const source = () => sourceOf({ paths: [place.path('source')], exclude: ['*.skip'] });

async function backUp(generation: number, previous?: UnitResult): Promise<UnitResult> {
  const [unit] = await files.plan(source(), place.context());
  const writer = await createUnitWriter({
    context,
    attempt: `bkp_${generation}.0.1`,
    unit: unit!.name,
    compression: { algorithm: 'zstd', level: 3 },
    indexes: previous === undefined ? [] : indexOf(previous),
    limits: TINY_LIMITS,
    ...(previous === undefined ? {} : { previous }),
  });
  return await writer.seal(await files.dump(source(), unit!, writer, place.context()));
}

/** What the tree differs from its restored recovery point in. */
async function differenceAfterRestore(unit: UnitResult, name: string): Promise<string | undefined> {
  const target = place.path(name);
  await restore(place, source(), [await openUnit(context, unit)], { target: { kind: 'directory', path: target } });
  return treeDifference(place.path('source'), target);
}

test('tree with one of everything - equal after a full and after an increment that reads nothing', async () => {
  makeTree(place.path('source'));
  shell('sleep 0.1', place.path());

  const full = await backUp(1);
  const increment = await backUp(2, full);

  expect(await differenceAfterRestore(full, 'from-full')).toBeUndefined();
  expect(await differenceAfterRestore(increment, 'from-increment')).toBeUndefined();
  expect(increment.facts.details['bytesRead']).toBe(0);
  expect([full.packs, increment.packs]).toEqual([expect.any(Number), 0]);
});

/** Makes, changes, moves, links and removes things in a seeded order; bash, so that names can be any bytes. */
const CHANGES = `
RANDOM=$SEED
names=(a b c $'n\\nl' $'\\xff\\xfe' 'sp ace' -dash é deep x.skip)
pick() { echo "\${names[RANDOM % \${#names[@]}]}"; }
for _ in $(seq 60); do
  dir="."; for _ in $(seq $((RANDOM % 4))); do dir="$dir/$(pick)"; done
  [ -L "$dir" ] || [ -f "$dir" ] || [ -p "$dir" ] || mkdir -p -- "$dir" 2>/dev/null || continue
  [ -d "$dir" ] && [ ! -L "$dir" ] || continue
  path="$dir/$(pick)"
  case $((RANDOM % 10)) in
    0|1|2|3) [ -d "$path" ] || { rm -f -- "$path"; head -c $((RANDOM * (RANDOM % 4))) /dev/zero | tr '\\0' "$((RANDOM % 10))" > "$path"; } ;;
    4) [ -e "$path" ] || [ -L "$path" ] || ln -s -- "$(pick)" "$path" ;;
    5) first=$(find . -type f -print -quit); [ -n "$first" ] && { [ -e "$path" ] || [ -L "$path" ] || ln -- "$first" "$path"; } ;;
    6) [ -e "$path" ] || [ -L "$path" ] || mkfifo -- "$path" ;;
    7) rm -rf -- "$path" ;;
    8) [ -f "$path" ] && [ ! -L "$path" ] && { truncate -s $((RANDOM * 20)) -- "$path"; chmod $((RANDOM % 8))$((RANDOM % 8))0 -- "$path"; } ;;
    9) [ -e "$path" ] && touch -h -d "@$((RANDOM * 40000)).$RANDOM" -- "$path" ;;
  esac
done 2>/dev/null || true
`;

test.each([1, 2, 3, 4])('random tree, seed %d, five generations - each restores to what it was', async (seed) => {
  mkdirSync(place.path('source'));
  let previous: UnitResult | undefined;
  for (let generation = 1; generation <= 5; generation++) {
    shell(`SEED=${seed * 100 + generation}\nset +eu\n${CHANGES}`, place.path('source'));

    previous = await backUp(generation, previous);

    shell("find . -name '*.skip' -prune -exec rm -rf {} +", place.path('source'));
    const difference = await differenceAfterRestore(previous, `target-${generation}`);
    expect(
      difference
        ?.split('\n')
        .filter((line) => !isDirectoryTime(line))
        .join('\n') || undefined,
    ).toBeUndefined();
  }
});

/** Removing what was excluded changes the times of its directories after the backup. */
const isDirectoryTime = (line: string): boolean => /\|d\|/.test(line);
