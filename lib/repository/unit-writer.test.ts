import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import {
  NO_FACTS,
  TINY_LIMITS,
  aContext,
  entriesOf,
  indexOf,
  meta,
  noise,
  openWriter,
  prose,
  readUnit,
  summaryOf,
  verifyWhole,
  writeFile,
  writeUnit,
} from '../../test/fakes/repository-kit.ts';
import { HoldfastError } from '../domain/errors.ts';
import { objectKeys } from './object-keys.ts';
import { openUnit } from './unit-reader.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

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
      await verifyWhole(context, unit);
    },
  );

  test('a unit without entries - has a manifest and no pack', async () => {
    const context = aContext();

    const unit = await writeUnit(context, {});

    expect(unit).toMatchObject({ packs: 0, entries: 0, sizeBytes: 0 });
    expect(await readUnit(context, unit)).toEqual(summaryOf({}));
    await verifyWhole(context, unit);
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
        const writer = await openWriter(context);
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
        await verifyWhole(context, unit);
      }),
      { numRuns: 25 },
    );
  });

  test('real sizes of chunks, segments and packs - come back through reserve and commit', async () => {
    const context = aContext();
    const content = Buffer.concat([noise(3_000_000), prose(9_000_000), Buffer.alloc(5_000_000), noise(3_000_000)]);
    const writer = await openWriter(context, { limits: { packBytes: 2_000_000 } });
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
    await verifyWhole(context, unit);
  });

  test.each(['zstd', 'gzip', 'none'] as const)(
    'compression %s - comes back and stores text no larger than it is',
    async (algorithm) => {
      const context = aContext();
      const tree = { text: prose(60_000), noise: noise(20_000) };

      const unit = await writeUnit(context, tree, { compression: { algorithm, level: 5 } });

      expect(await readUnit(context, unit)).toEqual(summaryOf(tree));
      if (algorithm !== 'none') expect(unit.storedBytes).toBeLessThan(60_000);
      await verifyWhole(context, unit);
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
    await verifyWhole(context, second);
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
    await verifyWhole(context, unit);
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
    await expect(openWriter(aContext(), { attempt })).rejects.toMatchObject({ name: 'InvalidRequest' });
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
    const writer = await openWriter(context);
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
    const writer = await openWriter(context);
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
    const writer = await openWriter(context);
    await writeFile(writer, 'a', noise(30_000));

    await writer.abandon();

    await expect(writer.add(meta('b', { kind: 'directory' }))).rejects.toMatchObject({ name: 'Internal' });
    expect(context.location.keys().some((key) => key.includes('/manifests/'))).toBe(false);
  });

  test('two files at once - are refused', async () => {
    const writer = await openWriter(aContext());
    writer.open(meta('a'));

    expect(() => writer.open(meta('b'))).toThrow('one file is written at a time');
  });
});
