// Increments: what is unchanged is not read, and every kind of change is seen, also those that try to hide.

import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Dumped, Place } from './files-fixture.ts';
import { dump, filesPlace, makeTree, restore, shell, sourceOf, treeDifference } from './files-fixture.ts';

let place: Place;
beforeEach(async () => {
  place = filesPlace();
  makeTree(place.path('source'));
  await letTimeStampsSettle();
});
afterEach(() => {
  place.remove();
});

/** A file that was changed a moment before a dump counts as changed in the next one; see read-moment.ts. */
const letTimeStampsSettle = async (): Promise<void> => {
  // 2.1 seconds where the file system keeps whole seconds only.
  const isCoarse = statSync(place.path('source', 'deep'), { bigint: true }).ctimeNs % 1_000_000_000n === 0n;
  await pause(isCoarse ? 2100 : 60);
};

const source = () => sourceOf({ paths: [place.path('source')] });
const increment = async (previous: Dumped): Promise<Dumped> => await dump(place, source(), { previous: previous.sink });

describe('increment', () => {
  test('nothing changed - no byte is read, and the point is whole', async () => {
    const full = await dump(place, source());
    const second = await increment(full);
    const third = await increment(second);

    expect([full.facts.details['reused'], second.facts.details['bytesRead'], third.facts.details['bytesRead']]).toEqual(
      [0, 0, 0],
    );
    expect(second.sink.writtenBytes + third.sink.writtenBytes).toBe(0);
    expect(third.facts).toMatchObject({ includedFiles: full.facts.includedFiles, details: { reused: 6 } });
    await restore(place, source(), [third.reader], { target: { kind: 'directory', path: place.path('target') } });
    expect(treeDifference(place.path('source'), place.path('target'))).toBeUndefined();
  });

  test.each([
    [
      'content of the same size, old time put back',
      'touch -r plain.txt ref && printf HELLO | dd of=plain.txt conv=notrunc status=none && touch -r ref plain.txt && rm ref',
    ],
    [
      'another file of the same size and time moved over it',
      'cp -p plain.txt new && printf HELLO | dd of=new conv=notrunc status=none && touch -r plain.txt new && mv new plain.txt',
    ],
    ['mode', 'chmod 600 plain.txt'],
    ['time', 'touch plain.txt'],
    ['size', 'echo more >> plain.txt'],
  ])('%s changed - the file is read again, nothing else is', async (_, change) => {
    const full = await dump(place, source());
    shell(change, place.path('source'));
    await letTimeStampsSettle();

    const second = await increment(full);

    expect(second.facts.details['bytesRead']).toBe(statSync(place.path('source', 'plain.txt')).size);
    await restore(place, source(), [second.reader], { target: { kind: 'directory', path: place.path('target') } });
    expect(treeDifference(place.path('source'), place.path('target'))).toBeUndefined();
  });

  test('files added, removed, renamed, changed in kind - the point is what the tree is now', async () => {
    const full = await dump(place, source());
    shell(
      'rm nothing && mv deep deeper && rm dangling && mkdir dangling && echo in > dangling/file && rm -r empty && echo now-a-file > empty && rm plain.txt && ln -s x plain.txt',
      place.path('source'),
    );

    const second = await increment(full);

    await restore(place, source(), [second.reader], { target: { kind: 'directory', path: place.path('target') } });
    expect(treeDifference(place.path('source'), place.path('target'))).toBeUndefined();
  });

  test('file changed the moment before the full - read again, because its time stamp may hide a change', async () => {
    writeFileSync(place.path('source', 'fresh'), 'one');
    const full = await dump(place, source());
    writeFileSync(place.path('source', 'fresh'), 'two');
    const second = await increment(full);

    expect(full.sink.entry('fresh')).not.toHaveProperty('ctimeNs');
    expect(second.sink.text('fresh')).toBe('two');
    expect(full.sink.entry('a-first')).toHaveProperty('ctimeNs');
  });

  test('file changed while the full read it - read again, although its time stamps stand still since', async () => {
    let isChanged = false;
    const full = await dump(place, source(), {
      beforeCommit: (path) => {
        if (path === 'a-first' && !isChanged) writeFileSync(place.path('source', 'a-first'), 'FIRST in manifest order');
        isChanged ||= path === 'a-first';
      },
    });
    await letTimeStampsSettle();

    const second = await increment(full);

    expect(full.facts.warnings).toEqual(['changed while read: a-first']);
    expect(second.sink.text('a-first')).toBe('FIRST in manifest order');
  });

  test('first name of a hard link removed - the next name holds the content', async () => {
    const full = await dump(place, source());
    shell('rm deep/er/same.bin', place.path('source'));

    const second = await increment(full);

    expect(full.sink.entry('deep/large.bin')?.kind).toBe('hardlink');
    expect(second.sink.entry('deep/large.bin')).toMatchObject({ kind: 'file', sizeBytes: 3_000_000 });
  });

  test('sparse file unchanged - keeps its holes', async () => {
    const full = await dump(place, source());
    const second = await increment(full);

    expect(second.sink.reusedPaths).toContain('sparse.img');
    expect(second.sink.entry('sparse.img')?.dataRanges).toEqual([[0, 65_536]]);
  });

  test('tree moved away and back - unchanged, because inodes and change times are', async () => {
    const full = await dump(place, source());
    renameSync(place.path('source'), place.path('elsewhere'));
    expect(existsSync(place.path('source'))).toBe(false);
    renameSync(place.path('elsewhere'), place.path('source'));

    expect((await increment(full)).facts.details['bytesRead']).toBe(0);
  });
});
