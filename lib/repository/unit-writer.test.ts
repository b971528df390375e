import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  NO_FACTS,
  TINY_LIMITS,
  aContext,
  contentOf,
  entriesOf,
  indexOf,
  meta,
  noise,
  prose,
  readUnit,
  summaryOf,
  writeUnit,
} from '../../test/fakes/repository-kit.ts';
import type { TestContext } from '../../test/fakes/repository-kit.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { UnitResult } from '../domain/backup-record.ts';
import { comparePaths } from '../domain/entry.ts';
import type { StoredEntry } from '../domain/entry.ts';
import { objectKeys } from './object-keys.ts';
import { openUnit } from './unit-reader.ts';
import type { UnitWriter, UnitWriterOptions } from './unit-writer.ts';
import { createUnitWriter } from './unit-writer.ts';
import { verifyUnit } from './verify-unit.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const verify = (context: TestContext, unit: UnitResult) => verifyUnit(context, unit, { skipAttempts: new Set() });

const open = (context: TestContext, more: Partial<UnitWriterOptions> = {}): Promise<UnitWriter> =>
  createUnitWriter({
    context,
    attempt: 'bkp_1.0.1',
    unit: 'base',
    compression: { algorithm: 'zstd', level: 3 },
    indexes: [],
    limits: TINY_LIMITS,
    ...more,
  });

async function writeFile(writer: UnitWriter, path: string | Buffer, content: Buffer) {
  const file = writer.open(meta(path));
  await file.write(content);
  return file.close();
}

describe('round trip', () => {
  const { min, average, max } = TINY_LIMITS.chunkSizes;

  test.each([0, 1, min - 1, min, min + 1, average, max - 1, max, max + 1, 4095, 4096, 4097, 70_000])(
    'a file of %i bytes of noise or prose - comes back with size and hash',
    async (length) => {
      const context = aContext();
      const tree = { noise: noise(length), prose: prose(length) };

      const unit = await writeUnit(context, tree);

      expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
      expect(unit.sizeBytes).toBe(2 * length);
      const entries = await entriesOf(await openUnit(context, unit));
      expect(entries.map(({ sizeBytes, sha256: hash }) => [sizeBytes, hash])).toEqual([
        [length, sha256(tree.noise)],
        [length, sha256(tree.prose)],
      ]);
      await verify(context, unit);
    },
  );

  test('a unit without entries - has a manifest and no pack', async () => {
    const context = aContext();

    const unit = await writeUnit(context, {});

    expect(unit).toMatchObject({ packs: 0, entries: 0, sizeBytes: 0 });
    expect(await readUnit(context, unit)).toEqual(summaryOf({}));
    await verify(context, unit);
  });

  test('any files written in any pieces - come back', async () => {
    const file = fc.record({
      seed: fc.nat({ max: 20 }),
      length: fc.nat({ max: 9000 }),
      piece: fc.integer({ min: 1, max: 5000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 12 }), async (files) => {
        const context = aContext();
        const writer = await open(context);
        const tree: Record<string, Buffer> = {};
        for (const [i, { seed, length, piece }] of files.entries()) {
          const content = seed % 2 === 0 ? noise(length, `s${String(seed)}`) : prose(length, `s${String(seed)}`);
          const path = `f${String(i).padStart(3, '0')}`;
          const target = writer.open(meta(path));
          for (let at = 0; at < length; at += piece) await target.write(content.subarray(at, at + piece));
          await target.close();
          tree[path] = content;
        }
        const unit = await writer.seal(NO_FACTS);

        expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
        await verify(context, unit);
      }),
      { numRuns: 25 },
    );
  });

  test('real sizes of chunks, segments and packs - come back through reserve and commit', async () => {
    const context = aContext();
    const content = Buffer.concat([noise(3_000_000), prose(9_000_000), Buffer.alloc(5_000_000), noise(3_000_000)]);
    const writer = await open(context, { limits: { packBytes: 2_000_000 } });
    const file = writer.open(meta('big'));
    for (let at = 0; at < content.length;) {
      const room = file.reserve();
      const length = content.copy(room, 0, at);
      await file.commit(length);
      at += length;
    }
    await file.close();

    const unit = await writer.seal(NO_FACTS);

    expect(unit.packs).toBeGreaterThanOrEqual(2);
    expect(unit.reusedBytes).toBeGreaterThan(5_000_000);
    expect(await readUnit(context, unit)).toEqual(summaryOf({ big: content }));
    await verify(context, unit);
  });

  test.each(['zstd', 'gzip', 'none'] as const)(
    'compression %s - comes back and stores text no larger than it is',
    async (algorithm) => {
      const context = aContext();
      const tree = { text: prose(60_000), noise: noise(20_000) };

      const unit = await writeUnit(context, tree, { compression: { algorithm, level: 5 } });

      expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
      if (algorithm !== 'none') expect(unit.storedBytes).toBeLessThan(60_000);
      await verify(context, unit);
    },
  );

  test('a segment of noise - is stored and not compressed', async () => {
    const context = aContext();

    const unit = await writeUnit(context, { noise: noise(400_000) }, { limits: { segmentBytes: 100_000 } });

    expect(unit.storedBytes).toBeGreaterThan(400_000);
    expect(unit.storedBytes).toBeLessThan(403_000);
    expect(await readUnit(context, unit)).toEqual(summaryOf({ noise: noise(400_000) }));
  });
});

describe('entries', () => {
  test('every kind with every attribute - comes back as it was', async () => {
    const context = aContext();
    const xattrs = [{ name: Buffer.from('user.note'), value: Buffer.from([0, 255, 7]) }];
    const entries: StoredEntry[] = [
      { ...meta('', { kind: 'directory', mode: 0o755 }), sizeBytes: 0 },
      { ...meta('dir', { kind: 'directory', mode: 0o1777, xattrs }), sizeBytes: 0 },
      { ...meta('dir/link', { kind: 'symlink', linkTarget: Buffer.from('../elsewhere') }), sizeBytes: 0 },
      { ...meta('dir/second', { kind: 'hardlink', linkTarget: Buffer.from('file') }), sizeBytes: 0 },
      { ...meta('device', { kind: 'block-device', deviceNumber: 2065 }), sizeBytes: 0 },
      { ...meta('pipe', { kind: 'fifo', mtimeNs: -1n, ctimeNs: 5n, inode: 2n ** 63n }), sizeBytes: 0 },
    ];
    const writer = await open(context);
    for (const { sizeBytes: _, ...entry } of entries) await writer.add(entry);

    const unit = await writer.seal(NO_FACTS);

    const read = await entriesOf(await openUnit(context, unit));
    expect(read).toEqual(
      entries.sort((left, right) => comparePaths(left.path, right.path)).map((entry) => ({ ...entry, content: [] })),
    );
    await verify(context, unit);
  });

  test('paths that are no UTF-8 - come back byte for byte', async () => {
    const context = aContext();
    const path = Buffer.from([0x64, 0x2f, 0xff, 0xfe, 0x80]);
    const writer = await open(context);
    await writeFile(writer, path, Buffer.from('content'));

    const unit = await writer.seal(NO_FACTS);

    const [entry] = await entriesOf(await openUnit(context, unit));
    expect(entry?.path).toEqual(path);
  });

  test('entries in any order - are sorted, directories before their content', async () => {
    const context = aContext();
    const names = ['a-b', 'a', 'a/z', 'b', 'a/b/c', 'a/b', 'Z', 'a.b', 'a/b-c'];
    const writer = await open(context);
    for (const name of names) await writeFile(writer, name, Buffer.from(name.repeat(50)));

    const unit = await writer.seal(NO_FACTS);

    const read = await readUnit(context, unit);
    expect(Object.keys(read)).toEqual(['Z', 'a', 'a/b', 'a/b/c', 'a/b-c', 'a/z', 'a-b', 'a.b', 'b']);
    expect(read).toEqual(summaryOf(Object.fromEntries(names.map((name) => [name, Buffer.from(name.repeat(50))]))));
    await verify(context, unit);
  });

  test('thousands of entries backwards and forwards - give one manifest of several blocks in order', async () => {
    const context = aContext();
    const writer = await open(context);
    const names = Array.from(
      { length: 12_000 },
      (_, i) => `directory-${String(i % 40)}/${noise(60, String(i)).toString('hex')}`,
    );
    for (const name of names) await writer.add(meta(name, { kind: 'directory' }));

    const unit = await writer.seal(NO_FACTS);

    const read = (await entriesOf(await openUnit(context, unit))).map((entry) => entry.path.toString());
    expect(read).toEqual(
      [...new Set(names)].sort((left, right) => comparePaths(Buffer.from(left), Buffer.from(right))),
    );
    await verify(context, unit);
  });

  test.each([
    ['in order', ['a', 'a']],
    ['out of order', ['a', 'b', 'a']],
    ['twice out of order', ['c', 'a', 'a']],
  ])('a path that comes twice, %s - is refused', async (_, names) => {
    const writer = await open(aContext());

    const writing = (async () => {
      for (const name of names) await writer.add(meta(name, { kind: 'directory' }));
      await writer.seal(NO_FACTS);
    })();

    await expect(writing).rejects.toMatchObject({ name: 'DumpIncomplete' });
    await writer.abandon();
  });

  test.each(['../outside', '/absolute', 'a/../../b', 'a\0b'])(
    'a path %j that leaves its root - is refused',
    async (path) => {
      const writer = await open(aContext());

      await expect(writer.add(meta(path, { kind: 'directory' }))).rejects.toMatchObject({ name: 'UnsafePath' });
    },
  );

  test('metadata given at the end of a file - replaces what was known at its beginning', async () => {
    const context = aContext();
    const writer = await open(context);
    const file = writer.open(meta('f'));
    await file.write(Buffer.from('x'));
    await file.close({ mtimeNs: 42n, mode: 0o600 });

    const unit = await writer.seal(NO_FACTS);

    expect(await entriesOf(await openUnit(context, unit))).toMatchObject([{ mtimeNs: 42n, mode: 0o600 }]);
  });

  test('entries added and asked for while a file is open - do not disturb it', async () => {
    const context = aContext();
    const writer = await open(context);
    const file = writer.open(meta('f'));
    await file.write(noise(3000));
    await writer.add(meta('d', { kind: 'directory' }));
    expect(await writer.previous(Buffer.from('f'))).toBeUndefined();
    await file.write(noise(3000, 'more'));
    await file.close();

    const unit = await writer.seal(NO_FACTS);

    const whole = Buffer.concat([noise(3000), noise(3000, 'more')]);
    expect(await readUnit(context, unit)).toEqual(summaryOf({ d: Buffer.alloc(0), f: whole }));
  });

  test('a unit sealed while a file is open - is refused', async () => {
    const writer = await open(aContext());
    writer.open(meta('f'));

    await expect(writer.seal(NO_FACTS)).rejects.toMatchObject({ name: 'Internal' });
  });

  test.each([
    ['a mode with its file type', { mode: 0o100644 }],
    ['a link target longer than a path', { linkTarget: Buffer.alloc(5000, 'a') }],
    ['an owner of more than 32 bits', { uid: 2 ** 32 }],
  ])('%s - is refused, because nobody could read it again', async (_, wrong) => {
    const writer = await open(aContext());

    await expect(writer.add(meta('l', { kind: 'symlink', ...wrong }))).rejects.toMatchObject({ name: 'Internal' });
  });

  test('facts of the unit - come back with the reader', async () => {
    const context = aContext();
    const facts = {
      sourceVersion: '16.2',
      warnings: ['w'],
      details: { lsn: '0/1', timeline: 2, ok: true },
      includedFiles: 3,
    };

    const unit = await writeUnit(context, { a: prose(10) }, { facts });

    const reader = await openUnit(context, unit);
    expect([reader.unit, reader.facts]).toEqual(['base', facts]);
  });
});

describe('sparse files', () => {
  test('holes at the beginning, between and at the end - read as zeros and are not stored', async () => {
    const context = aContext();
    const [first, second] = [noise(5000, 'a'), noise(300, 'b')];
    const writer = await open(context);
    const file = writer.open(meta('sparse'));
    await file.skip(100_000);
    await file.write(first);
    await file.skip(1_000_000);
    await file.write(second);
    await file.skip(7);
    const closed = await file.close();

    const unit = await writer.seal(NO_FACTS);

    const whole = Buffer.concat([Buffer.alloc(100_000), first, Buffer.alloc(1_000_000), second, Buffer.alloc(7)]);
    expect(closed).toEqual({ sizeBytes: whole.length, sha256: sha256(whole) });
    const reader = await openUnit(context, unit);
    const [entry] = await entriesOf(reader);
    expect(entry).toMatchObject({
      sizeBytes: whole.length,
      dataRanges: [
        [100_000, 5000],
        [1_105_000, 300],
      ],
    });
    expect(sha256(await contentOf(reader, entry!))).toBe(sha256(whole));
    expect(unit.storedBytes).toBeLessThan(8000);
    await verify(context, unit);
  });

  test('nothing but a hole - has no content', async () => {
    const context = aContext();
    const writer = await open(context);
    const file = writer.open(meta('hole'));
    await file.skip(5_000_000);
    await file.close();

    const unit = await writer.seal(NO_FACTS);

    expect(unit.packs).toBe(0);
    expect(await readUnit(context, unit)).toEqual(summaryOf({ hole: Buffer.alloc(5_000_000) }));
    await verify(context, unit);
  });
});

describe('deduplication', () => {
  test('the same content twice in one attempt - is stored once', async () => {
    const context = aContext();
    const content = noise(50_000);

    const unit = await writeUnit(context, { a: content, b: content });

    expect(unit.reusedBytes).toBeGreaterThanOrEqual(50_000);
    expect(unit.storedBytes).toBeLessThan(70_000);
    expect(await readUnit(context, unit)).toEqual(summaryOf({ a: content, b: content }));
  });

  test('trap 54 - content of an earlier attempt is found through its index and read without it', async () => {
    const context = aContext();
    const content = noise(50_000);
    const first = await writeUnit(context, { a: content });

    const second = await writeUnit(context, { moved: content }, { attempt: 'bkp_2.0.1', indexes: indexOf(first) });

    expect(second).toMatchObject({ packs: 0, needsAttempts: ['bkp_1.0.1'], reusedBytes: 50_000 });
    context.location.lose(first.index.key);
    context.location.lose(first.manifest.key);
    expect(await readUnit(context, second)).toEqual(summaryOf({ moved: content }));
  });

  test('a few bytes changed in a large file - only their surroundings are stored anew', async () => {
    const context = aContext();
    const content = noise(200_000);
    const first = await writeUnit(context, { a: content });
    const changed = Buffer.concat([content.subarray(0, 100_000), Buffer.from('changed'), content.subarray(100_000)]);

    const second = await writeUnit(context, { a: changed }, { attempt: 'bkp_2.0.1', indexes: indexOf(first) });

    expect(second.storedBytes).toBeLessThan(20_000);
    expect(await readUnit(context, second)).toEqual(summaryOf({ a: changed }));
    await verify(context, second);
  });

  test('a manifest - pins only those packs of an earlier attempt that its content needs', async () => {
    const context = aContext();
    const [kept, gone] = [noise(40_000, 'kept'), noise(100_000, 'gone')];
    const first = await writeUnit(context, { gone, kept });
    const second = await writeUnit(context, { kept }, { attempt: 'bkp_2.0.1', indexes: indexOf(first) });

    context.location.lose(objectKeys.pack('orders-db', 'bkp_1.0.1', 0));

    expect(await readUnit(context, second)).toEqual(summaryOf({ kept }));
  });

  test('another store - shares neither chunk ids nor cut points', async () => {
    const [mine, other] = [aContext(), aContext({ store: 'other-db' })];

    const first = await writeUnit(mine, { a: noise(50_000) });
    const second = await writeUnit(other, { a: noise(50_000) });

    expect(first.packs).toBeGreaterThan(1);
    const stored = mine.location.bytes(objectKeys.pack('orders-db', 'bkp_1.0.1', 0));
    expect(other.location.bytes(objectKeys.pack('other-db', 'bkp_1.0.1', 0)).equals(stored)).toBe(false);
    expect(second.manifest.sha256).not.toBe(first.manifest.sha256);
  });
});

describe('previous point', () => {
  async function twoAttempts() {
    const context = aContext();
    const names = Array.from({ length: 300 }, (_, i) => `d${String(i % 7)}/f${String(i).padStart(3, '0')}`).sort(
      (left, right) => comparePaths(Buffer.from(left), Buffer.from(right)),
    );
    const tree = Object.fromEntries(
      names.map((name, i) => [name, i % 2 === 0 ? noise(i * 10, name) : prose(i * 10, name)]),
    );
    const first = await writeUnit(context, tree);
    const writer = await open(context, { attempt: 'bkp_2.0.1', indexes: indexOf(first), previous: first });
    return { context, names, tree, first, writer };
  }

  test('paths asked in order, in disorder and missing - are answered as the previous point has them', async () => {
    const { names, tree, writer } = await twoAttempts();
    const asked = [
      ...names,
      ...names.toReversed(),
      'nowhere',
      'd3',
      'zzz',
      '',
      ...names.slice(40, 60),
      names[59]!,
      names[59]!,
    ];

    for (const name of asked) {
      const found = await writer.previous(Buffer.from(name));
      expect([name, found?.sizeBytes]).toEqual([name, tree[name]?.length]);
    }
  });

  test('reused files - keep their content under new metadata and nothing is read or stored', async () => {
    const { context, names, tree, writer } = await twoAttempts();
    for (const name of names) await writer.reuse(meta(name, { mode: 0o400 }));

    const unit = await writer.seal(NO_FACTS);

    expect(unit).toMatchObject({ packs: 0, needsAttempts: ['bkp_1.0.1'], entries: 300 });
    expect(unit.reusedBytes).toBe(Object.values(tree).reduce((sum, { length }) => sum + length, 0));
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
    expect((await entriesOf(await openUnit(context, unit))).every((entry) => entry.mode === 0o400)).toBe(true);
    await verify(context, unit);
  });

  test('a chain of three attempts - reads content of each', async () => {
    const { context, names, tree, first, writer } = await twoAttempts();
    const changed = names[0]!;
    const same = names.slice(1);
    await writeFile(writer, changed, noise(4000, 'second'));
    for (const name of same) await writer.reuse(meta(name));
    const second = await writer.seal(NO_FACTS);
    const third = await open(context, { attempt: 'bkp_3.0.1', indexes: indexOf(first, second), previous: second });
    for (const name of names) await third.reuse(meta(name));
    await writeFile(third, 'zz-new', noise(4000, 'third'));

    const unit = await third.seal(NO_FACTS);

    expect(unit.needsAttempts.toSorted()).toEqual(['bkp_1.0.1', 'bkp_2.0.1']);
    const expected = { ...tree, [changed]: noise(4000, 'second'), 'zz-new': noise(4000, 'third') };
    expect(await readUnit(context, unit)).toEqual(summaryOf(expected));
    await verify(context, unit);
  });

  test('a path that the previous point does not have - cannot be reused', async () => {
    const { writer } = await twoAttempts();

    await expect(writer.reuse(meta('nowhere'))).rejects.toMatchObject({ name: 'Internal' });
  });
});

describe('durability order', () => {
  test('a finished unit - wrote its key first, then packs, index and last the manifest', async () => {
    const context = aContext();

    await writeUnit(context, { a: noise(50_000) });

    const folders = context.location.log
      .filter(({ operation }) => operation === 'put')
      .map(({ key }) => key.split('/')[1]);
    expect(folders).toEqual(['repository', 'keys', 'packs', 'packs', 'packs', 'indexes', 'manifests']);
  });

  test('every put answered "unavailable" once after it had worked - is done once and the unit is whole', async () => {
    const context = aContext();
    const lost = new Set<string>();
    context.location.after = (operation, key) => {
      if (operation !== 'put' || lost.has(key)) return;
      lost.add(key);
      throw new HoldfastError('StorageUnavailable', 'reply lost');
    };
    const tree = { a: noise(50_000), b: prose(50_000) };

    const unit = await writeUnit(context, tree);

    expect(lost.size).toBeGreaterThan(6);
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
    await verify(context, unit);
  });

  test('every put refused once before it worked - is sent again with the same bytes', async () => {
    const context = aContext();
    const refused = new Set<string>();
    context.location.before = (operation, key) => {
      if (operation !== 'put' || refused.has(key)) return;
      refused.add(key);
      throw new HoldfastError('StorageUnavailable', 'try again');
    };
    const tree = { a: noise(50_000) };

    const unit = await writeUnit(context, tree);

    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
  });

  test('other bytes under the key of a pack - stop the attempt', async () => {
    const context = aContext();
    const key = objectKeys.pack('orders-db', 'bkp_1.0.1', 0);
    const other = Buffer.from('other');
    await context.location.put(key, [other], { sha256: sha256(other) });

    await expect(writeUnit(context, { a: noise(50_000) })).rejects.toMatchObject({ name: 'ObjectExists' });

    expect(context.location.bytes(key)).toEqual(other);
  });

  test('trap 45 - an attempt that was used before is refused: nothing of it is resumed', async () => {
    const context = aContext();
    await writeUnit(context, { a: noise(100) });

    await expect(writeUnit(context, { a: noise(100) })).rejects.toMatchObject({ name: 'ObjectExists' });
  });

  test.each(['', '../x', 'a/b', 'ä', 'x'.repeat(300)])('the attempt name %j - is refused', async (attempt) => {
    await expect(open(aContext(), { attempt })).rejects.toMatchObject({ name: 'InvalidRequest' });
  });
});

describe('back-pressure', () => {
  test('a location that does not answer - holds the writer when two packs are waiting, and lets it go on afterwards', async () => {
    const context = aContext();
    let answer: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => (answer = resolve));
    context.location.before = async (operation, key) => {
      if (operation === 'put' && key.includes('/packs/')) await silence;
    };
    const writer = await open(context);
    let written = 0;
    const tree = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`f${String(i).padStart(2, '0')}`, noise(4000, String(i))]),
    );
    const writing = (async () => {
      for (const [path, content] of Object.entries(tree)) {
        await writeFile(writer, path, content);
        written += content.length;
      }
    })();

    await new Promise((resolve) => setTimeout(resolve, 300));
    // Two packs, the segments in flight and the one that is being filled.
    expect(written).toBeLessThan(
      2 * TINY_LIMITS.packBytes + 5 * (TINY_LIMITS.segmentBytes + TINY_LIMITS.chunkSizes.max),
    );
    expect(context.location.log.filter(({ key }) => key.includes('/packs/')).length).toBe(1);
    answer();
    await writing;

    const unit = await writer.seal(NO_FACTS);
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
  });
});

describe('failures', () => {
  test('killed at any put - leaves no manifest, and the next attempt is whole', async () => {
    const tree = { a: noise(50_000), b: prose(20_000) };
    for (let k = 1; ; k++) {
      const context = aContext();
      let puts = 0;
      context.location.before = (operation) => {
        if (operation === 'put' && ++puts >= k) throw new HoldfastError('StorageFull', 'no space');
      };
      const died = await writeUnit(context, tree).then(
        () => undefined,
        (error: unknown) => error,
      );
      context.location.before = undefined;
      if (died === undefined) {
        expect(k).toBeGreaterThan(7);
        return;
      }

      expect(died).toMatchObject({ name: 'StorageFull' });
      expect(context.location.keys().filter((key) => key.includes('/manifests/'))).toEqual([]);
      const unit = await writeUnit(context, tree, { attempt: 'bkp_1.0.2' });
      expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
    }
  });

  test('a store that fails half-way - fails the writer at the next call and at seal, without an unhandled rejection', async () => {
    const context = aContext();
    const writer = await open(context);
    context.location.before = (operation, key) => {
      if (operation === 'put' && key.includes('/packs/')) throw new HoldfastError('StorageFull', 'no space');
    };

    const writing = (async () => {
      for (let i = 0; i < 100; i++) await writeFile(writer, `f${String(i).padStart(3, '0')}`, noise(10_000, String(i)));
    })();

    await expect(writing).rejects.toMatchObject({ name: 'StorageFull' });
    await writer.abandon();
    await expect(writer.seal(NO_FACTS)).rejects.toMatchObject({ name: 'Internal' });
  });

  test('trap 55 - a bit that flips while a segment is sealed stops the attempt before the upload', async () => {
    const context = aContext();
    const concat = Buffer.prototype.copy;
    let copies = 0;
    // The one place where sealed bytes are moved: a copy that goes wrong stands for any fault of memory.
    Buffer.prototype.copy = function (this: Buffer, target: Uint8Array, ...rest: number[]): number {
      const copied = concat.call(this, target, ...rest);
      if (this.length > 3000 && ++copies === 3) target[(rest[0] ?? 0) + 1500]! ^= 4;
      return copied;
    } as typeof concat;

    const writing = writeUnit(context, { a: noise(50_000) });

    await expect(writing.finally(() => (Buffer.prototype.copy = concat))).rejects.toMatchObject({
      name: 'IntegrityViolation',
    });
    expect(context.location.keys().filter((key) => key.includes('/packs/'))).toEqual([]);
  });

  test('an abandoned unit - takes nothing more', async () => {
    const context = aContext();
    const writer = await open(context);
    await writeFile(writer, 'a', noise(30_000));

    await writer.abandon();

    await expect(writer.add(meta('b', { kind: 'directory' }))).rejects.toMatchObject({ name: 'Internal' });
    expect(context.location.keys().some((key) => key.includes('/manifests/'))).toBe(false);
  });

  test('two files at once - are refused', async () => {
    const writer = await open(aContext());
    writer.open(meta('a'));

    expect(() => writer.open(meta('b'))).toThrow('one file is written at a time');
  });
});

describe('damaged history', () => {
  async function withHistory() {
    const context = aContext();
    const tree = { a: noise(30_000), b: prose(30_000) };
    const first = await writeUnit(context, tree);
    const again = async () => {
      const writer = await open(context, { attempt: 'bkp_2.0.1', indexes: indexOf(first), previous: first });
      for (const [name, content] of Object.entries(tree)) await writeFile(writer, name, content);
      return writer.seal(NO_FACTS);
    };
    return { context, tree, first, again };
  }

  test('a damaged index - costs space, is told, and the new unit needs nothing of it', async () => {
    const { context, tree, first, again } = await withHistory();
    context.location.tamper(first.index.key, flipAt(0.5));

    const unit = await again();

    expect(unit.needsAttempts).toEqual([]);
    expect(unit.facts.warnings).toEqual([expect.stringContaining("attempt 'bkp_1.0.1' is stored again")]);
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
  });

  test('a lost previous manifest - is told, and everything is read again', async () => {
    const { context, tree, first, again } = await withHistory();
    context.location.lose(first.manifest.key);

    const unit = await again();

    expect(unit.facts.warnings).toEqual([expect.stringContaining('everything is read again')]);
    expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
  });

  test('a lost repository object - comes back from the previous manifest, so that old content is still found', async () => {
    const { context, first, again } = await withHistory();
    context.location.lose('orders-db/repository');

    const unit = await again();

    expect(unit).toMatchObject({ packs: 0, needsAttempts: [first.attempt] });
    expect(context.location.keys()).toContain('orders-db/repository');
  });

  test('a lost repository object without a previous manifest - is not replaced by another repository', async () => {
    const { context, first } = await withHistory();
    context.location.lose('orders-db/repository');

    const opening = open(context, { attempt: 'bkp_2.0.1', indexes: indexOf(first) });

    await expect(opening).rejects.toMatchObject({ name: 'CopyMissing', facts: { key: 'orders-db/repository' } });
    expect(context.location.keys()).not.toContain('orders-db/repository');
  });
});

const flipAt =
  (part: number) =>
  (bytes: Buffer): Buffer => {
    bytes[Math.floor(bytes.length * part)]! ^= 1;
    return bytes;
  };
