import { describe, expect, test } from '@jest/globals';

import type { TestContext } from '../../test/fakes/repository-kit.ts';
import { NO_FACTS, aContext, indexOf, meta, noise, readUnit, writeUnit } from '../../test/fakes/repository-kit.ts';
import type { UnitResult } from '../domain/backup-record.ts';
import { ensureRepository } from './initialise.ts';
import type { ManifestEntry } from './manifest/content-run.ts';
import { ManifestWriter } from './manifest/manifest-writer.ts';
import { openManifest } from './manifest/manifest.ts';
import { PackLedger } from './manifest/pack-ledger.ts';
import { objectKeys } from './object-keys.ts';
import { KeyRing } from './sealing/key-ring.ts';
import { putOnce } from './stored-objects.ts';
import { verifyUnit } from './verify-unit.ts';

const ALL: ReadonlySet<string> = new Set();
const verify = (context: TestContext, unit: UnitResult, skipAttempts = ALL) =>
  verifyUnit(context, unit, { skipAttempts });
const pack = (attempt: string, number: number): string => objectKeys.pack('orders-db', attempt, number);

async function chain() {
  const context = aContext();
  const first = await writeUnit(context, { kept: noise(30_000), gone: noise(60_000, 'gone') });
  const second = await writeUnit(
    context,
    { kept: noise(30_000), new: noise(5000, 'new') },
    { attempt: 'bkp_2.0.1', indexes: indexOf(first) },
  );
  return { context, first, second };
}

const flip = (bytes: Buffer): Buffer => {
  bytes[bytes.length >>> 1]! ^= 1;
  return bytes;
};

describe('what was verified', () => {
  test('a unit of its own packs - counts every byte of packs, index and manifest', async () => {
    const { context, first } = await chain();

    const result = await verify(context, first);

    expect(result).toEqual({
      verifiedBytes: first.storedBytes,
      objects: first.packs + 2,
      verifiedAttempts: ['bkp_1.0.1'],
    });
  });

  test('an earlier attempt whose packs were all read - is verified too, also those packs this unit does not need', async () => {
    const { context, second } = await chain();

    expect((await verify(context, second)).verifiedAttempts).toEqual(['bkp_2.0.1', 'bkp_1.0.1']);
    const read = context.location.log.filter(
      ({ operation, key }) => operation === 'get' && key === pack('bkp_1.0.1', 5),
    );
    expect(read.length).toBeGreaterThan(0);
  });

  test('an earlier attempt damaged where this unit does not need it - is not called verified, and this unit is', async () => {
    const { context, second } = await chain();
    context.location.tamper(pack('bkp_1.0.1', 5), flip);

    expect((await verify(context, second)).verifiedAttempts).toEqual(['bkp_2.0.1']);
  });

  test('an earlier attempt without its index - is not called verified, because nobody knows all its packs', async () => {
    const { context, first, second } = await chain();
    context.location.lose(first.index.key);

    expect((await verify(context, second)).verifiedAttempts).toEqual(['bkp_2.0.1']);
  });

  test('a skipped attempt - is looked for and not read', async () => {
    const { context, second } = await chain();
    const before = context.location.log.length;

    const result = await verify(context, second, new Set(['bkp_1.0.1']));

    expect(result).toMatchObject({ verifiedBytes: second.storedBytes, verifiedAttempts: ['bkp_2.0.1'] });
    const log = context.location.log.slice(before).filter(({ key }) => key.startsWith('orders-db/packs/bkp_1.0.1/'));
    expect(new Set(log.map(({ operation }) => operation))).toEqual(new Set(['stat']));
  });

  test('progress - grows to the verified bytes', async () => {
    const { context, first } = await chain();
    const seen: number[] = [];

    const { verifiedBytes } = await verifyUnit(context, first, {
      skipAttempts: ALL,
      onProgress: (done) => seen.push(done),
    });

    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(seen.at(-1)).toBe(verifiedBytes);
  });

  test('a stop - ends it by name', async () => {
    const { context, first } = await chain();
    const stop = new AbortController();

    const verifying = verifyUnit(context, first, {
      skipAttempts: ALL,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });

    await expect(verifying).rejects.toMatchObject({ name: 'ExecutionStopped' });
  });

  test('a record that names another unit or attempt - is refused', async () => {
    const { context, first, second } = await chain();

    await expect(verify(context, { ...first, unit: 'other' })).rejects.toMatchObject({ name: 'IntegrityViolation' });
    await expect(verify(context, { ...first, attempt: second.attempt })).rejects.toMatchObject({
      name: 'IntegrityViolation',
    });
    await expect(verify(context, { ...first, index: second.index })).rejects.toMatchObject({
      name: 'IntegrityViolation',
    });
  });
});

describe('a manifest that says what the packs do not', () => {
  /** Seals another manifest over the same packs, as a faulty writer with the right keys would. */
  async function lyingUnit(lie: (entry: ManifestEntry) => ManifestEntry) {
    const context = aContext();
    const unit = await writeUnit(context, { f: noise(60), g: noise(20_000, 'g'), same: noise(20_000, 'g') });
    const keys = new KeyRing(context);
    const manifest = await openManifest(context, keys, unit);
    const repository = await ensureRepository(context);
    const writer = new ManifestWriter({
      key: unit.manifest.key,
      unit: 'base',
      dataKey: await keys.of(unit.attempt),
      ids: context.ids,
      repositorySecret: repository.bytes,
      ledger: new PackLedger(unit.attempt),
    });
    for await (const entry of manifest.entries()) writer.add(lie(entry));
    const built = writer.finish(NO_FACTS, manifest.trailer.attempts[0]!.packs);
    context.location.lose(unit.manifest.key);
    return { context, unit: { ...unit, manifest: await putOnce(context, built.key, built.parts) } };
  }

  test('the truth - is accepted', async () => {
    const { context, unit } = await lyingUnit((entry) => entry);

    await expect(verify(context, unit)).resolves.toMatchObject({ verifiedAttempts: ['bkp_1.0.1'] });
  });

  test.each<[string, (entry: ManifestEntry) => ManifestEntry]>([
    ['another size', (entry) => ({ ...entry, sizeBytes: entry.sizeBytes + 1 })],
    ['another hash of a file', (entry) => ({ ...entry, sha256: 'ab'.repeat(32) })],
    [
      'one chunk more',
      (entry) => ({ ...entry, content: [...entry.content, { attempt: 'bkp_1.0.1', firstChunk: 0, chunks: 1 }] }),
    ],
    ['one chunk less', (entry) => ({ ...entry, content: entry.content.slice(1) })],
    [
      'chunks that no pack holds',
      (entry) => ({ ...entry, content: [{ attempt: 'bkp_1.0.1', firstChunk: 100_000, chunks: 1 }] }),
    ],
    ['a hole that is none', (entry) => ({ ...entry, dataRanges: [[0, entry.sizeBytes - 1]] })],
    ['data behind the end', (entry) => ({ ...entry, dataRanges: [[1, entry.sizeBytes]] })],
  ])('%s - is refused in verify and in read', async (_, lie) => {
    // The first file is one chunk: its hash can be proven without reading the file as a whole.
    const { context, unit } = await lyingUnit((entry) => (entry.path.toString() === 'f' ? lie(entry) : entry));

    await expect(verify(context, unit)).rejects.toMatchObject({ name: 'IntegrityViolation' });
    await expect(readUnit(context, unit)).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });

  test.each(['g', 'same'])(
    'another hash of the file %s of many chunks - is refused in verify and in read',
    async (name) => {
      const { context, unit } = await lyingUnit((entry) =>
        entry.path.toString() === name ? { ...entry, sha256: 'ab'.repeat(32) } : entry,
      );

      await expect(verify(context, unit)).rejects.toMatchObject({ name: 'IntegrityViolation' });
      await expect(readUnit(context, unit)).rejects.toMatchObject({ name: 'IntegrityViolation' });
    },
  );

  test('a directory with content - is refused', async () => {
    const { context, unit } = await lyingUnit((entry) => ({ ...entry, ...meta(entry.path, { kind: 'directory' }) }));

    await expect(verify(context, unit)).rejects.toMatchObject({ name: 'IntegrityViolation' });
  });
});
