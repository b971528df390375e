import { createHash } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import {
  NO_FACTS,
  aContext,
  contentOf,
  entriesOf,
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
import type { StoredEntry } from '../domain/entry.ts';
import { comparePaths } from '../domain/entry.ts';
import { openUnit } from './unit-reader.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

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
    const writer = await openWriter(context);
    for (const { sizeBytes: _, ...entry } of entries) await writer.add(entry);

    const unit = await writer.seal(NO_FACTS);

    const read = await entriesOf(await openUnit(context, unit));
    expect(read).toEqual(
      entries.sort((left, right) => comparePaths(left.path, right.path)).map((entry) => ({ ...entry, content: [] })),
    );
    await verifyWhole(context, unit);
  });

  test('paths that are no UTF-8 - come back byte for byte', async () => {
    const context = aContext();
    const path = Buffer.from([0x64, 0x2f, 0xff, 0xfe, 0x80]);
    const writer = await openWriter(context);
    await writeFile(writer, path, Buffer.from('content'));

    const unit = await writer.seal(NO_FACTS);

    const [entry] = await entriesOf(await openUnit(context, unit));
    expect(entry?.path).toEqual(path);
  });

  test('entries in any order - are sorted, directories before their content', async () => {
    const context = aContext();
    const names = ['a-b', 'a', 'a/z', 'b', 'a/b/c', 'a/b', 'Z', 'a.b', 'a/b-c'];
    const writer = await openWriter(context);
    for (const name of names) await writeFile(writer, name, Buffer.from(name.repeat(50)));

    const unit = await writer.seal(NO_FACTS);

    const read = await readUnit(context, unit);
    expect(Object.keys(read)).toEqual(['Z', 'a', 'a/b', 'a/b/c', 'a/b-c', 'a/z', 'a-b', 'a.b', 'b']);
    expect(read).toEqual(summaryOf(Object.fromEntries(names.map((name) => [name, Buffer.from(name.repeat(50))]))));
    await verifyWhole(context, unit);
  });

  test('thousands of entries backwards and forwards - give one manifest of several blocks in order', async () => {
    const context = aContext();
    const writer = await openWriter(context);
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
    await verifyWhole(context, unit);
  });

  test.each([
    ['in order', ['a', 'a']],
    ['out of order', ['a', 'b', 'a']],
    ['twice out of order', ['c', 'a', 'a']],
  ])('a path that comes twice, %s - is refused', async (_, names) => {
    const writer = await openWriter(aContext());

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
      const writer = await openWriter(aContext());

      await expect(writer.add(meta(path, { kind: 'directory' }))).rejects.toMatchObject({ name: 'UnsafePath' });
    },
  );

  test('metadata given at the end of a file - replaces what was known at its beginning', async () => {
    const context = aContext();
    const writer = await openWriter(context);
    const file = writer.open(meta('f'));
    await file.write(Buffer.from('x'));
    await file.close({ mtimeNs: 42n, mode: 0o600 });

    const unit = await writer.seal(NO_FACTS);

    expect(await entriesOf(await openUnit(context, unit))).toMatchObject([{ mtimeNs: 42n, mode: 0o600 }]);
  });

  test('entries added and asked for while a file is open - do not disturb it', async () => {
    const context = aContext();
    const writer = await openWriter(context);
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
    const writer = await openWriter(aContext());
    writer.open(meta('f'));

    await expect(writer.seal(NO_FACTS)).rejects.toMatchObject({ name: 'Internal' });
  });

  test.each([
    ['a mode with its file type', { mode: 0o100644 }],
    ['a link target longer than a path', { linkTarget: Buffer.alloc(5000, 'a') }],
    ['an owner of more than 32 bits', { uid: 2 ** 32 }],
  ])('%s - is refused, because nobody could read it again', async (_, wrong) => {
    const writer = await openWriter(aContext());

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
    const writer = await openWriter(context);
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
    await verifyWhole(context, unit);
  });

  test('nothing but a hole - has no content', async () => {
    const context = aContext();
    const writer = await openWriter(context);
    const file = writer.open(meta('hole'));
    await file.skip(5_000_000);
    await file.close();

    const unit = await writer.seal(NO_FACTS);

    expect(unit.packs).toBe(0);
    expect(await readUnit(context, unit)).toEqual(summaryOf({ hole: Buffer.alloc(5_000_000) }));
    await verifyWhole(context, unit);
  });
});
