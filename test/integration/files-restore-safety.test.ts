// Recovery points that somebody made up, targets that somebody prepared: refused, and nothing is ever written outside the target.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { EntryMeta } from '../../lib/domain/entry.ts';
import { LIMITS } from '../../lib/domain/limits.ts';
import type { PointReader, RestoreRequest } from '../../lib/ports/engine.ts';
import type { MemoryEntry } from '../fakes/memory-sink.ts';
import { memoryFile, pointOf } from '../fakes/memory-sink.ts';
import type { Place } from './files-fixture.ts';
import { dump, filesPlace, listing, makeTree, restore, run, shell, sourceOf } from './files-fixture.ts';

let place: Place;
beforeEach(() => {
  place = filesPlace();
  mkdirSync(place.path('outside'));
  writeFileSync(place.path('outside', 'victim'), 'untouched');
});
afterEach(() => {
  place.remove();
});

const MARKER = '.holdfast-restore-incomplete';

const meta = (path: string | Buffer, kind: EntryMeta['kind'], more: Partial<EntryMeta> = {}): EntryMeta => ({
  path: Buffer.from(path as string),
  kind,
  mode: kind === 'directory' ? 0o755 : 0o644,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  mtimeNs: 1_700_000_000_000_000_000n,
  ...more,
});
const file = (path: string | Buffer, content = 'payload', more: Partial<EntryMeta> = {}): MemoryEntry =>
  memoryFile(meta(path, 'file', more), content);
const other = (path: string, kind: EntryMeta['kind'], more: Partial<EntryMeta> = {}): MemoryEntry => ({
  entry: { ...meta(path, kind, more), sizeBytes: 0 },
  pieces: [],
});
const directory = (path: string): MemoryEntry => other(path, 'directory');
const symlink = (path: string, target: string): MemoryEntry =>
  other(path, 'symlink', { linkTarget: Buffer.from(target) });
const hardlink = (path: string, target: string): MemoryEntry =>
  other(path, 'hardlink', { linkTarget: Buffer.from(target) });

const crafted = (
  entries: readonly MemoryEntry[],
  order: 'sorted' | 'as-given' = 'as-given',
  includedFiles?: number,
): PointReader => {
  const details = { path: place.path('source'), pathKind: 'directory' };
  const count = includedFiles === undefined ? {} : { includedFiles };
  return pointOf(entries, { sourceVersion: 'linux', warnings: [], details, ...count }, 'path/0', order);
};

const source = () => sourceOf({ paths: [place.path('source')] });
const target = (): RestoreRequest['target'] => ({ kind: 'directory', path: place.path('target') });
const restored = async (...readers: readonly PointReader[]) =>
  await restore(place, source(), readers, { target: target() });

describe('made-up recovery point', () => {
  const attacks: readonly (readonly [string, () => readonly MemoryEntry[]])[] = [
    ['path that climbs', () => [file('../escaped')]],
    ['path that climbs from inside', () => [directory('a'), file('a/../../escaped')]],
    ['absolute path', () => [file(place.path('escaped'))]],
    ['empty path', () => [file('')]],
    ['the root itself', () => [other('.', 'directory')]],
    ['path with NUL', () => [file('a\0b')]],
    ['file through a symlink of the same point', () => [symlink('a', place.path('outside')), file('a/escaped')]],
    ['directory through a symlink', () => [symlink('a', place.path('outside')), directory('a/escaped')]],
    ['file through a file', () => [file('a'), file('a/b')]],
    [
      'symlink that comes after what it would lead away',
      () => [file('a/escaped'), symlink('a', place.path('outside'))],
    ],
    [
      'symlink and directory of one name',
      () => [symlink('a', place.path('outside')), directory('a'), file('a/escaped')],
    ],
    ['file of a directory that has no entry', () => [file('a/b')]],
    ['path twice', () => [file('a'), file('a', 'other')]],
    ['paths out of order', () => [file('b'), file('a')]],
    ['hard link to outside', () => [hardlink('a', '../outside/victim')]],
    ['hard link to an absolute path', () => [hardlink('a', place.path('outside', 'victim'))]],
    ['hard link through a symlink', () => [symlink('a', place.path('outside')), hardlink('b', 'a/victim')]],
    ['hard link to a symlink', () => [symlink('a', place.path('outside', 'victim')), hardlink('b', 'a')]],
    ['hard link to a later entry', () => [hardlink('a', 'b'), file('b')]],
    ['hard link to nothing', () => [file('a'), hardlink('c', 'b')]],
    ['hard link to itself', () => [hardlink('a', 'a')]],
    ['symlink without target', () => [other('a', 'symlink')]],
    ['our own marker', () => [file(MARKER)]],
    ['symlink in place of our own marker', () => [symlink(MARKER, place.path('outside', 'victim'))]],
    ['endless path', () => [file(`${'a/'.repeat(LIMITS.pathBytesMax)}b`)]],
  ];
  test.each(attacks)('%s - UnsafePath, nothing written outside', async (_, entries) => {
    const before = listing(place.path('outside'));

    await expect(restored(crafted(entries()))).rejects.toMatchObject({ name: 'UnsafePath' });

    expect(listing(place.path('outside'))).toBe(before);
    expect(readFileSync(place.path('outside', 'victim'), 'utf8')).toBe('untouched');
    expect(existsSync(place.path('escaped'))).toBe(false);
    const isMarked = existsSync(place.path('target', MARKER));
    expect(isMarked || !existsSync(place.path('target'))).toBe(true);
  });

  test('symlinks that lead outside - restored as symlinks, nothing happens to what they lead to', async () => {
    await restored(
      crafted([symlink('a', place.path('outside', 'victim')), symlink('b', '../outside'), symlink('c', '/')]),
    );

    expect(readFileSync(place.path('outside', 'victim'), 'utf8')).toBe('untouched');
    expect(readdirSync(place.path('target'))).toEqual(['a', 'b', 'c']);
  });

  test('content longer or shorter than recorded - IntegrityViolation', async () => {
    const { entry, pieces } = file('a');
    for (const sizeBytes of [entry.sizeBytes - 1, entry.sizeBytes + 1, 10_000_000_000]) {
      const reader = crafted([{ entry: { ...entry, sizeBytes }, pieces }]);
      const failed = restore(place, source(), [reader], {
        target: { kind: 'directory', path: place.path(`target-${sizeBytes}`) },
      });
      await expect(failed).rejects.toMatchObject({ name: 'IntegrityViolation' });
    }
  });

  test('data ranges that hide content - RestoreMismatch, because all is read back', async () => {
    const hidden = file('a', 'x'.repeat(1000), { dataRanges: [[0, 10]] });

    await expect(restored(crafted([hidden]))).rejects.toMatchObject({
      name: 'RestoreMismatch',
      message: expect.stringContaining("'a' has other content"),
    });
  });

  test('times that the file system cannot keep - restored with a warning for each, because the data is whole', async () => {
    const centuriesAhead = { mtimeNs: 32_503_680_000_000_000_000n };
    const result = await restored(crafted([other('a', 'directory', centuriesAhead), file('b', 'x', centuriesAhead)]));

    const kept = run('stat', ['-c', '%Y', place.path('target', 'a'), place.path('target', 'b')])
      .trim()
      .split('\n');
    const lost = ['a', 'b'].filter((_, at) => kept[at] !== '32503680000');
    expect(result.warnings).toEqual(lost.map((path) => `this file system cannot keep the modification time: ${path}`));
  });

  test('fewer files than the point says, trap 51 - IntegrityViolation before anything is written', async () => {
    await expect(restored(crafted([file('a')], 'sorted', 2))).rejects.toMatchObject({
      name: 'IntegrityViolation',
      facts: { files: 1, expected: 2 },
    });

    expect(existsSync(place.path('target'))).toBe(false);
  });

  test('more than the disk holds - StorageFull before anything is written', async () => {
    const { entry, pieces } = file('a');
    const huge = crafted([{ entry: { ...entry, sizeBytes: 2 ** 52 }, pieces }]);

    await expect(restored(huge)).rejects.toMatchObject({ name: 'StorageFull' });
    expect(existsSync(place.path('target'))).toBe(false);
  });

  test('unit that does not say where it came from - IntegrityViolation', async () => {
    const reader = pointOf([file('a')], { sourceVersion: 'linux', warnings: [], details: {} });

    await expect(restored(reader)).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });

  test('unit whose origin climbs - refused', async () => {
    const details = { path: '/srv/../../etc', pathKind: 'directory' };
    const reader = pointOf([file('a')], { sourceVersion: 'linux', warnings: [], details });

    await expect(restored(reader, crafted([file('b')]))).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });
});

describe('prepared target', () => {
  test('symlink planted while files are written - not followed', async () => {
    const victimTree = [directory('a'), file('a/first', 'x'.repeat(100_000)), directory('b'), file('b/escaped')];
    const reader = crafted(victimTree);
    const planting: PointReader = {
      ...reader,
      async *read(entry) {
        yield* reader.read(entry);
        if (entry.path.toString() === 'a/first') symlinkSync(place.path('outside'), place.path('target', 'b'));
      },
    };

    await expect(restored(planting)).rejects.toMatchObject({ name: 'UnsafePath' });
    expect(readdirSync(place.path('outside'))).toEqual(['victim']);
  });

  test('directory swapped for a symlink after it was written - the links go nowhere else', async () => {
    const reader = crafted([directory('a'), file('a/file'), symlink('a/link', 'file')]);
    const passes = { begun: 0 };
    const swapping: PointReader = {
      ...reader,
      async *entries() {
        passes.begun++;
        if (passes.begun === 3) shell(`mv target/a moved && ln -s ${place.path('outside')} target/a`, place.path());
        yield* reader.entries();
      },
    };

    await expect(restored(swapping)).rejects.toMatchObject({ name: 'UnsafePath' });
    expect(readdirSync(place.path('outside'))).toEqual(['victim']);
  });

  test('file that appears in the target meanwhile - RestoreMismatch naming it', async () => {
    const reader = crafted([directory('a'), file('a/file')]);
    const visited: PointReader = {
      ...reader,
      async *read(entry) {
        yield* reader.read(entry);
        writeFileSync(place.path('target', 'a', 'visitor'), '');
      },
    };

    await expect(restored(visited)).rejects.toMatchObject({
      name: 'RestoreMismatch',
      message: expect.stringContaining("'a/visitor' is not in the recovery point"),
    });
    expect(existsSync(place.path('target', MARKER))).toBe(true);
  });

  test.each([
    ['holds a file', 'mkdir target && touch target/x'],
    ['holds a hidden file', 'mkdir target && touch target/.x'],
    ['holds the marker of another restore', `mkdir target && echo '{"identity":"other"}' > target/${MARKER}`],
    ['holds a marker that is nonsense', `mkdir target && echo nonsense > target/${MARKER}`],
    ['is a file', 'touch target'],
  ])('target that %s - RestoreTargetNotEmpty', async (_, prepare) => {
    shell(prepare, place.path());
    const before = shell('find target -printf "%p %s %T@\\n"', place.path());

    await expect(restored(crafted([file('a')]))).rejects.toMatchObject({ name: 'RestoreTargetNotEmpty' });
    expect(shell('find target -printf "%p %s %T@\\n"', place.path())).toBe(before);
  });

  test('empty directory as target - keeps its owner and mode', async () => {
    shell('mkdir -m 0710 target', place.path());
    makeTree(place.path('source'));
    const { reader } = await dump(place, source());

    await restored(reader);

    expect(shell('stat -c %a target', place.path())).toBe('710\n');
  });
});

describe('restore that is interrupted', () => {
  const failing = (reader: PointReader, path: string): PointReader => ({
    ...reader,
    async *read(entry) {
      if (entry.path.toString() === path) throw new Error('the line was cut');
      yield* reader.read(entry);
    },
  });

  test('fails in the middle - the marker stays, so that nobody takes the tree for whole', async () => {
    makeTree(place.path('source'));
    const { reader } = await dump(place, source());

    await expect(restored(failing(reader, 'plain.txt'))).rejects.toThrow('the line was cut');

    expect(existsSync(place.path('target', MARKER))).toBe(true);
    expect((await dumpProblems())[0]).toMatch(/unfinished restore/);
  });

  test('tried again - goes over its own remains and ends whole', async () => {
    makeTree(place.path('source'));
    const { reader } = await dump(place, source());
    await expect(restored(failing(reader, 'plain.txt'))).rejects.toThrow('the line was cut');
    shell(`printf torn > a-first && touch .holdfast-restore-new-77 deep/.holdfast-restore-new-1`, place.path('target'));

    const result = await restored(reader);

    expect(result.compared.equal).toBe(true);
    expect(listing(place.path('target'))).toBe(listing(place.path('source')));
  });

  test('another point into the remains - RestoreTargetNotEmpty', async () => {
    makeTree(place.path('source'));
    const { reader } = await dump(place, source());
    await expect(restored(failing(reader, 'plain.txt'))).rejects.toThrow('the line was cut');

    const otherPoint = { ...reader, facts: { ...reader.facts, details: { ...reader.facts.details, files: 99 } } };
    await expect(restored(otherPoint)).rejects.toMatchObject({ name: 'RestoreTargetNotEmpty' });
  });

  test('stopped - ends with an error and the marker', async () => {
    makeTree(place.path('source'));
    const { reader } = await dump(place, source());
    const stop = new AbortController();
    const stopping: PointReader = {
      ...reader,
      async *read(entry) {
        stop.abort();
        yield* reader.read(entry);
      },
    };
    const request = {
      target: target(),
      selectedTables: [],
      selectedPaths: [],
      mayOverwrite: false,
      progress: () => undefined,
    };
    const { files } = await import('../../lib/engines/files/engine.ts');

    await expect(files.restore(source(), [stopping], request, place.context(stop.signal))).rejects.toMatchObject({
      name: 'ExecutionStopped',
    });
    expect(existsSync(place.path('target', MARKER))).toBe(true);
  });

  async function dumpProblems(): Promise<readonly string[]> {
    const { files } = await import('../../lib/engines/files/engine.ts');
    return (await files.probe(sourceOf({ paths: [place.path('target')] }), place.context())).problems;
  }
});
