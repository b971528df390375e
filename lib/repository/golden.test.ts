// Repositories written by earlier versions are read for ever. A new format version adds a fixture; none is ever changed or removed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { memoryKeyProvider } from '../../test/fakes/memory-key-provider.ts';
import type { TestContext } from '../../test/fakes/repository-kit.ts';
import { aContext, entriesOf, readUnit, summaryOf } from '../../test/fakes/repository-kit.ts';
import type { GoldenRepository } from '../../test/golden/golden-repository.ts';
import { GOLDEN_FILES, GOLDEN_STORE, writeGoldenRepository } from '../../test/golden/golden-repository.ts';
import { IndependentReader } from '../../test/golden/independent-reader.ts';
import type { UnitResult } from '../domain/backup-record.ts';
import { pathText } from '../domain/entry.ts';
import { listPoints } from './point.ts';
import { recoveryKeyProvider } from './recovery-key.ts';
import type { RepositoryContext } from './repository-context.ts';
import { sha256Of } from './stored-objects.ts';
import { openUnit } from './unit-reader.ts';
import { verifyUnit } from './verify-unit.ts';

const FOLDER = join(import.meta.dirname, '../../test/golden');
const FIXTURES = ['repository-v1.json'];

async function stored(fixture: string): Promise<{ context: TestContext; golden: GoldenRepository }> {
  const golden = JSON.parse(readFileSync(join(FOLDER, fixture), 'utf8')) as GoldenRepository;
  const context = { ...aContext({ store: GOLDEN_STORE }), keys: memoryKeyProvider(golden.memoryKeySeed) };
  for (const [key, text] of Object.entries(golden.objects)) {
    const bytes = Buffer.from(text, 'base64');
    await context.location.put(key, [bytes], { sha256: sha256Of(bytes) });
  }
  return { context, golden };
}

async function onlyUnit(context: RepositoryContext): Promise<UnitResult> {
  const [listed] = await listPoints(context);
  const [unit] = listed?.point?.units ?? [];
  expect(listed?.problem).toBeUndefined();
  return unit!;
}

async function expectGolden(context: RepositoryContext): Promise<void> {
  const unit = await onlyUnit(context);
  const read = await readUnit(context, unit);
  for (const [name, summary] of Object.entries(summaryOf(GOLDEN_FILES)))
    expect([name, read[name]]).toEqual([name, summary]);
  const reader = await openUnit(context, unit);
  const entries = await entriesOf(reader);
  expect(entries.map(({ path, kind }) => `${kind} ${pathText(path)}`)).toEqual([
    'file a-noise',
    'directory b',
    'file b/prose',
    'file c-empty',
    'file d-one-byte',
    'file e-sparse',
    'file f-new',
    'symlink g-link',
    'hardlink h-hard',
    'fifo i\ufffd',
  ]);
  const find = (name: string) => entries.find(({ path }) => pathText(path) === name);
  expect(find('b')).toMatchObject({
    mode: 0o750,
    xattrs: [{ name: Buffer.from('user.n'), value: Buffer.from([0, 255]) }],
  });
  expect(find('a-noise')).toMatchObject({ mode: 0o600, uid: 1000, gid: 100, mtimeNs: 1_700_000_000_123_456_789n });
  expect(find('e-sparse')).toMatchObject({ sizeBytes: 21_500, dataRanges: [[1000, 500]] });
  expect(find('g-link')).toMatchObject({ linkTarget: Buffer.from('b/prose') });
  expect(find('h-hard')).toMatchObject({ linkTarget: Buffer.from('a-noise') });
  expect(entries.at(-1)).toMatchObject({
    path: Buffer.from([0x69, 0xff]),
    mtimeNs: -5n,
    ctimeNs: 9n,
    inode: 2n ** 63n,
  });
  expect(reader.facts).toMatchObject({ sourceVersion: '2', warnings: ['one'], details: { files: 6 } });
  await expect(verifyUnit(context, unit, { skipAttempts: new Set() })).resolves.toMatchObject({
    verifiedAttempts: ['bkp_golden2.0.1', 'bkp_golden1.0.1'],
  });
}

describe('golden repositories', () => {
  test.each(FIXTURES)('%s with its own keys - is listed, read and verified', async (fixture) => {
    await expectGolden((await stored(fixture)).context);
  });

  test.each(FIXTURES)('%s with the recovery key alone - is listed, read and verified', async (fixture) => {
    const { context, golden } = await stored(fixture);

    await expectGolden({ ...context, keys: recoveryKeyProvider(golden.printedRecoveryKey) });
  });

  test('repository-v1.json with a reader written from docs/repository-format.md alone - gives every file', async () => {
    const { golden } = await stored('repository-v1.json');

    const read = new IndependentReader(golden.objects, GOLDEN_STORE, golden.printedRecoveryKey).restore();

    expect(summaryOf(read)).toEqual(summaryOf(GOLDEN_FILES));
  });

  test('what today is written - reads as the golden repositories do', async () => {
    const context = aContext({ store: GOLDEN_STORE });
    await writeGoldenRepository(context);

    await expectGolden(context);
  });
});
