// The tamper matrix: whatever is done to stored bytes, reading and verifying answer with a named error, or with the original bytes.

import { describe, expect, test } from '@jest/globals';

import type { TestContext } from '../../test/fakes/repository-kit.ts';
import { aContext, indexOf, noise, prose, readUnit, summaryOf, writeUnit } from '../../test/fakes/repository-kit.ts';
import { memoryKeyProvider } from '../../test/fakes/memory-key-provider.ts';
import type { ObjectPin, UnitResult } from '../domain/backup-record.ts';
import { objectKeys } from './object-keys.ts';
import type { RecoveryPoint } from './point.ts';
import { listPoints, readPoint, sealPoint } from './point.ts';
import type { RepositoryContext } from './repository-context.ts';
import { sha256Of } from './stored-objects.ts';
import { verifyUnit } from './verify-unit.ts';

const TREE = { 'a-noise': noise(20_000), 'b-prose': prose(30_000), 'c-more': noise(20_000, 'more') };
const WHOLE = summaryOf({ ...TREE, 'd-new': noise(20_000, 'new') });
const NAMED = ['IntegrityViolation', 'RepositoryFormatUnsupported', 'KeyUnwrapFailed', 'CopyMissing'];

interface Written {
  readonly context: TestContext;
  readonly first: UnitResult;
  readonly second: UnitResult;
  readonly pin: ObjectPin;
}

/** Two attempts, the second needing packs of the first, and a point. */
async function written(options: Parameters<typeof aContext>[0] = {}): Promise<Written> {
  const context = aContext(options);
  const first = await writeUnit(context, TREE);
  const second = await writeUnit(
    context,
    { ...TREE, 'd-new': noise(20_000, 'new') },
    { attempt: 'bkp_2.0.1', indexes: indexOf(first) },
  );
  const pin = await sealPoint(context, pointOf(context, second));
  return { context, first, second, pin };
}

const pointOf = (context: RepositoryContext, unit: UnitResult): RecoveryPoint => ({
  backupId: 'bkp_2',
  epoch: 7,
  store: context.storeName,
  service: 'orders',
  engine: 'files',
  method: 'tree',
  type: 'full',
  startTime: '2026-01-02T03:04:05.000Z',
  units: [unit],
});

const pack = (attempt: string, number: number, store = 'orders-db'): string => objectKeys.pack(store, attempt, number);
const verify = (context: RepositoryContext, unit: UnitResult) => verifyUnit(context, unit, { skipAttempts: new Set() });

/** Reads and verifies; both must be refused by name, or what is read must be the original. */
async function expectRefused({ context, second }: Written, options: { verifyOnly?: boolean } = {}): Promise<void> {
  const verified = await verify(context, second).then(
    () => 'accepted',
    (error: unknown) => (error as Error).name,
  );
  expect(NAMED).toContain(verified);
  const read = await readUnit(context, second).then(
    (tree) => tree,
    (error: unknown) => (error as Error).name,
  );
  if (typeof read === 'string') expect(NAMED).toContain(read);
  else {
    expect(options.verifyOnly).toBe(true);
    expect(read).toEqual(WHOLE);
  }
}

const flip =
  (offset: number, mask = 1) =>
  (bytes: Buffer): Buffer => {
    bytes[offset]! ^= mask;
    return bytes;
  };

/** Every byte of headers and ends, and a sample between. */
function offsetsOf(length: number): number[] {
  const ends = 160;
  const step = Math.max(1, Math.floor(length / 24));
  const offsets = new Set<number>();
  for (let at = 0; at < Math.min(ends, length); at += 3) offsets.add(at).add(length - 1 - at);
  for (let at = 0; at < length; at += step) offsets.add(at);
  return [...offsets];
}

describe('trap 8 - one flipped bit', () => {
  test.each([
    ['a pack', pack('bkp_2.0.1', 0), true],
    ['a pack of an earlier attempt', pack('bkp_1.0.1', 0), true],
    ['the manifest', objectKeys.manifest('orders-db', 'bkp_2.0.1'), false],
  ])('anywhere in %s - is refused in verify, and read gives the original or nothing', async (_, key, isPack) => {
    const unit = await written();
    const original = unit.context.location.bytes(key);

    for (const offset of offsetsOf(original.length)) {
      unit.context.location.tamper(key, flip(offset, 1 << (offset % 8)));
      // A footer's or unneeded segment's damage may not touch what is read.
      await expectRefused(unit, { verifyOnly: isPack });
      unit.context.location.tamper(key, () => Buffer.from(original));
    }
    await expect(verify(unit.context, unit.second)).resolves.toMatchObject({
      verifiedAttempts: ['bkp_2.0.1', 'bkp_1.0.1'],
    });
  });

  test('anywhere in the index - is refused in verify; a restore does not need it', async () => {
    const unit = await written();
    const original = unit.context.location.bytes(unit.second.index.key);

    for (const offset of offsetsOf(original.length)) {
      unit.context.location.tamper(unit.second.index.key, flip(offset));
      await expectRefused(unit, { verifyOnly: true });
      unit.context.location.tamper(unit.second.index.key, () => Buffer.from(original));
    }
  });

  test('anywhere in the wrapped keys - is refused or opens the same key', async () => {
    const unit = await written();
    const key = objectKeys.keys('orders-db', 'bkp_2.0.1');
    const original = unit.context.location.bytes(key);

    for (let offset = 0; offset < original.length; offset++) {
      unit.context.location.tamper(key, flip(offset));
      const read = await readUnit(unit.context, unit.second).catch((error: unknown) => (error as Error).name);
      if (typeof read === 'string') expect(NAMED).toContain(read);
      else expect(read).toEqual(WHOLE);
      unit.context.location.tamper(key, () => Buffer.from(original));
    }
  });

  test('anywhere in the recovery point - is refused, also when its hash is taken from the store', async () => {
    const { context, pin } = await written();
    const original = context.location.bytes(pin.key);

    for (let offset = 0; offset < original.length; offset++) {
      context.location.tamper(pin.key, flip(offset));
      await expect(readPoint(context, pin)).rejects.toMatchObject({ name: 'IntegrityViolation' });
      const [listed] = await listPoints(context);
      expect(NAMED).toContain(listed?.problem?.name);
      expect(listed?.point).toBeUndefined();
      context.location.tamper(pin.key, () => Buffer.from(original));
    }
    await expect(readPoint(context, pin)).resolves.toMatchObject({ backupId: 'bkp_2' });
  });
});

describe('a bit flipped where the pin follows it', () => {
  // An attacker who can also change the pins: the seals have to hold alone.
  test('anywhere in a manifest with a forged pin - is refused', async () => {
    const unit = await written();
    const original = unit.context.location.bytes(unit.second.manifest.key);

    for (const offset of offsetsOf(original.length)) {
      unit.context.location.tamper(unit.second.manifest.key, flip(offset));
      const forged = repinned(unit.context, unit.second);
      await expect(readUnit(unit.context, forged)).rejects.toMatchObject({
        name: expect.stringMatching(NAMED.join('|')),
      });
      unit.context.location.tamper(unit.second.manifest.key, () => Buffer.from(original));
    }
  });

  test('anywhere in a pack read without its hash - is refused before a wrong byte is given out', async () => {
    const unit = await written();
    const key = pack('bkp_2.0.1', 0);
    const original = unit.context.location.bytes(key);

    for (const offset of offsetsOf(original.length)) {
      unit.context.location.tamper(key, flip(offset));
      const read = await readUnit(unit.context, unit.second).catch((error: unknown) => error);
      if (read instanceof Error) expect(NAMED).toContain(read.name);
      else expect(read).toEqual(WHOLE);
      unit.context.location.tamper(key, () => Buffer.from(original));
    }
  });
});

function repinned(context: TestContext, unit: UnitResult): UnitResult {
  const bytes = context.location.bytes(unit.manifest.key);
  return { ...unit, manifest: { key: unit.manifest.key, sizeBytes: bytes.length, sha256: sha256Of(bytes) } };
}

describe('trap 8 - cut, lengthened, missing', () => {
  const objects = (unit: Written): string[] => [
    pack('bkp_1.0.1', 0),
    pack('bkp_2.0.1', 0),
    unit.second.manifest.key,
    unit.second.index.key,
  ];

  test.each([
    ['its last byte', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['its footer', (bytes: Buffer) => bytes.subarray(0, -28)],
    ['its second half', (bytes: Buffer) => bytes.subarray(0, bytes.length >>> 1)],
    ['all but its header', (bytes: Buffer) => bytes.subarray(0, 90)],
    ['everything', () => Buffer.alloc(0)],
  ])('an object without %s - is refused', async (_, cut) => {
    const unit = await written();
    for (const key of objects(unit)) {
      const original = unit.context.location.bytes(key);
      unit.context.location.tamper(key, cut);

      await expectRefused(unit, { verifyOnly: key === unit.second.index.key });

      unit.context.location.tamper(key, () => original);
    }
  });

  test('an object with bytes behind its end - is refused', async () => {
    const unit = await written();
    for (const key of objects(unit)) {
      const original = unit.context.location.bytes(key);
      unit.context.location.tamper(key, (bytes) => Buffer.concat([bytes, Buffer.from([0])]));

      await expectRefused(unit, { verifyOnly: key === unit.second.index.key });

      unit.context.location.tamper(key, () => original);
    }
  });

  test('a missing object - is named as a missing copy', async () => {
    const unit = await written();
    for (const key of [...objects(unit), objectKeys.keys('orders-db', 'bkp_1.0.1')]) {
      const original = unit.context.location.bytes(key);
      unit.context.location.lose(key);

      await expect(verify(unit.context, unit.second)).rejects.toMatchObject({ name: 'CopyMissing', facts: { key } });

      await unit.context.location.put(key, [original], { sha256: sha256Of(original) });
    }
  });

  test('trap 48 - a skipped attempt is still looked for: a lost pack or one of another size is refused', async () => {
    const unit = await written();
    const key = pack('bkp_1.0.1', 0);
    const skipping = () => verifyUnit(unit.context, unit.second, { skipAttempts: new Set(['bkp_1.0.1']) });

    unit.context.location.tamper(key, flip(2000));
    await expect(skipping()).resolves.toMatchObject({ verifiedAttempts: ['bkp_2.0.1'] });
    unit.context.location.tamper(key, (bytes) => bytes.subarray(0, -1));
    await expect(skipping()).rejects.toMatchObject({ name: 'IntegrityViolation', facts: { key } });
    unit.context.location.lose(key);
    await expect(skipping()).rejects.toMatchObject({ name: 'CopyMissing', facts: { key } });
  });
});

describe('exchanged objects', () => {
  const exchange = (context: TestContext, left: string, right: string): void => {
    const [first, second] = [context.location.bytes(left), context.location.bytes(right)];
    context.location.tamper(left, () => second);
    context.location.tamper(right, () => first);
  };

  test.each([
    ['two packs of one attempt', pack('bkp_1.0.1', 0), pack('bkp_1.0.1', 1)],
    ['packs of two attempts', pack('bkp_1.0.1', 0), pack('bkp_2.0.1', 0)],
    [
      'the manifests of two attempts',
      objectKeys.manifest('orders-db', 'bkp_1.0.1'),
      objectKeys.manifest('orders-db', 'bkp_2.0.1'),
    ],
    ['the keys of two attempts', objectKeys.keys('orders-db', 'bkp_1.0.1'), objectKeys.keys('orders-db', 'bkp_2.0.1')],
    ['a pack and a manifest', pack('bkp_2.0.1', 0), objectKeys.manifest('orders-db', 'bkp_2.0.1')],
    [
      'an index and a manifest',
      objectKeys.index('orders-db', 'bkp_2.0.1'),
      objectKeys.manifest('orders-db', 'bkp_2.0.1'),
    ],
  ])('%s - are refused', async (_, left, right) => {
    const unit = await written();

    exchange(unit.context, left, right);

    await expectRefused(unit);
    // Also when whoever exchanged them could forge the pins.
    await expect(readUnit(unit.context, repinned(unit.context, unit.second))).rejects.toMatchObject({
      name: expect.stringMatching(NAMED.join('|')),
    });
  });

  test('a pack of another store with the same attempt - is refused, even with the key of this one', async () => {
    const unit = await written({ key: 'shared' });
    const other = await written({ store: 'other-db', key: 'shared' });
    const [mine, theirs] = [pack('bkp_2.0.1', 0), pack('bkp_2.0.1', 0, 'other-db')];

    unit.context.location.tamper(mine, () => other.context.location.bytes(theirs));

    await expectRefused(unit);
  });

  test('a whole repository of another store - is not opened under this store name', async () => {
    const other = await written({ store: 'other-db', key: 'shared' });
    const context = aContext({ key: 'shared' });
    for (const key of other.context.location.keys()) {
      const bytes = other.context.location.bytes(key);
      await context.location.put(key.replace('other-db', 'orders-db'), [bytes], { sha256: sha256Of(bytes) });
    }
    const rename = (pin: ObjectPin): ObjectPin => ({ ...pin, key: pin.key.replace('other-db', 'orders-db') });
    const unit = { ...other.second, manifest: rename(other.second.manifest), index: rename(other.second.index) };

    await expect(readUnit(context, unit)).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
    await expect(readPoint(context, rename(other.pin))).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
  });

  test('a segment spliced from one pack into another of the same attempt - is refused', async () => {
    const unit = await written();
    const [first, second] = [pack('bkp_1.0.1', 0), pack('bkp_1.0.1', 1)];
    const donor = unit.context.location.bytes(first);

    // Both begin with a header of equal length; the sealed bytes behind it move.
    unit.context.location.tamper(second, (bytes) =>
      Buffer.concat([bytes.subarray(0, 90), donor.subarray(90, 4090), bytes.subarray(4090)]),
    );

    await expectRefused(unit);
  });

  test('two equal-sized parts of one pack exchanged - are refused', async () => {
    const unit = await written();

    unit.context.location.tamper(pack('bkp_1.0.1', 0), (bytes) =>
      Buffer.concat([
        bytes.subarray(0, 90),
        bytes.subarray(4218, 8346),
        bytes.subarray(90, 4218),
        bytes.subarray(8346),
      ]),
    );

    await expectRefused(unit);
  });
});

describe('other keys, other versions', () => {
  test('another key provider key - is refused', async () => {
    const { context, second, pin } = await written();
    const stranger = { ...context, keys: memoryKeyProvider('stranger') };

    await expect(readUnit(stranger, second)).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
    await expect(verify(stranger, second)).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
    await expect(readPoint(stranger, pin)).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
  });

  test('a destroyed key version - makes everything wrapped by it unreadable', async () => {
    const { context, second } = await written();

    context.keys.destroy(1);

    await expect(readUnit(context, second)).rejects.toMatchObject({ name: 'KeyUnwrapFailed' });
  });

  test('a rotated key - still opens what was wrapped before', async () => {
    const { context, second } = await written();

    await context.keys.rotate();

    expect(await readUnit(context, second)).toEqual(WHOLE);
  });

  test.each([
    ['another magic', 0],
    ['a version of the future', 8],
    ['an unknown suite', 10],
    ['a reserved byte that is set', 11],
  ])('%s - is a format that is not supported', async (_, offset) => {
    const unit = await written();
    const keys = [
      pack('bkp_2.0.1', 0),
      unit.second.manifest.key,
      unit.second.index.key,
      objectKeys.keys('orders-db', 'bkp_2.0.1'),
    ];
    for (const key of keys) {
      const original = unit.context.location.bytes(key);
      unit.context.location.tamper(key, flip(offset, 0x40));

      const forged = { ...repinned(unit.context, unit.second), index: unit.second.index };
      const reading =
        key === unit.second.index.key
          ? verify(unit.context, { ...forged, index: pinOf(unit.context, key) })
          : readUnit(unit.context, forged);
      await expect(reading).rejects.toMatchObject({ name: 'RepositoryFormatUnsupported', facts: { key } });

      unit.context.location.tamper(key, () => original);
    }
  });

  test('a suite set back to plain - is not taken for an unsealed object', async () => {
    const unit = await written();

    unit.context.location.tamper(unit.second.manifest.key, (bytes) => {
      bytes[10] = 0;
      return bytes;
    });

    await expect(readUnit(unit.context, repinned(unit.context, unit.second))).rejects.toMatchObject({
      name: 'RepositoryFormatUnsupported',
    });
  });
});

function pinOf(context: TestContext, key: string): ObjectPin {
  const bytes = context.location.bytes(key);
  return { key, sizeBytes: bytes.length, sha256: sha256Of(bytes) };
}
