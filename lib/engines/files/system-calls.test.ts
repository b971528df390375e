// The system calls made by perl: exact to the byte and the nanosecond, and honest about every failure.

import { lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { SystemCalls } from './system-calls.ts';
import type { Xattr } from './system-calls.ts';

describe('system calls', () => {
  let folder = '';
  let calls: SystemCalls;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-calls-'));
    const started = await SystemCalls.start('perl', new AbortController().signal);
    if (started === undefined) throw new Error('these tests need perl (Debian: perl-base)');
    calls = started;
  });
  afterEach(async () => {
    await calls.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const pathOf = (name: string | Buffer): Buffer => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]);
  const attributes = (found: readonly Xattr[] = []): string[] =>
    found.map(({ name, value }) => `${name.toString('latin1')}=${value.toString('hex')}`).sort();

  test('attributes of any bytes, also empty ones - read back as they were set', async () => {
    const path = pathOf(Buffer.from([0x6f, 0xff, 0x0a, 0x20]));
    writeFileSync(path, '');
    const xattrs = [
      { name: Buffer.from('user.empty'), value: Buffer.alloc(0) },
      { name: Buffer.from('user.\xe9\n=', 'latin1'), value: Buffer.from([0, 10, 255]) },
      { name: Buffer.from('user.large'), value: Buffer.alloc(2000, 7) },
    ];

    const set = await calls.make(xattrs.map((xattr) => ({ kind: 'set-xattr', path, xattr })));
    const [got] = await calls.make([{ kind: 'get-xattrs', path }]);

    expect(set.map(({ errno }) => errno)).toEqual([0, 0, 0]);
    expect(attributes(got?.xattrs)).toEqual(attributes(xattrs));
  });

  test.each([0n, 1n, -1n, 1_700_000_000_123_456_789n, -2_000_000_001n])(
    'time of %s ns - set exactly, links not followed',
    async (mtimeNs) => {
      writeFileSync(pathOf('file'), '');
      symlinkSync('file', join(folder, 'link'));
      const before = lstatSync(pathOf('file'), { bigint: true }).mtimeNs;

      const [result] = await calls.make([{ kind: 'set-mtime', path: pathOf('link'), mtimeNs }]);

      expect(result?.errno).toBe(0);
      expect(lstatSync(pathOf('link'), { bigint: true }).mtimeNs).toBe(mtimeNs);
      expect(lstatSync(pathOf('file'), { bigint: true }).mtimeNs).toBe(before);
    },
  );

  test('one call that fails - says why, and the others are made', async () => {
    writeFileSync(pathOf('file'), '');

    const results = await calls.make([
      { kind: 'get-xattrs', path: pathOf('missing') },
      { kind: 'set-mtime', path: pathOf('file'), mtimeNs: 5n },
      { kind: 'make-node', path: pathOf('file'), mode: 0o010600, deviceNumber: 0 },
      { kind: 'sync', path: pathOf('missing') },
      { kind: 'sync', path: Buffer.from(folder) },
    ]);

    expect(results.map(({ errno }) => errno)).toEqual([2, 0, 17, 2, 0]);
  });

  test('fifo - made with exactly the given mode', async () => {
    const [result] = await calls.make([{ kind: 'make-node', path: pathOf('pipe'), mode: 0o010666, deviceNumber: 0 }]);

    expect(result?.errno).toBe(0);
    expect(lstatSync(pathOf('pipe')).mode).toBe(0o010666);
  });

  test('no perl - undefined, so that the caller can do without', async () => {
    expect(await SystemCalls.start(join(folder, 'no-perl'), new AbortController().signal)).toBeUndefined();
  });

  test('program that is no perl - DumpToolFailed with its words', async () => {
    const started = SystemCalls.start('/bin/false', new AbortController().signal);

    await expect(started).rejects.toMatchObject({ name: 'DumpToolFailed' });
  });

  test('stop while it works - ExecutionStopped, no waiting', async () => {
    const stop = new AbortController();
    const stoppable = await SystemCalls.start('perl', stop.signal);
    stop.abort();

    await expect(stoppable?.make([{ kind: 'sync', path: Buffer.from('/') }])).rejects.toMatchObject({
      name: 'ExecutionStopped',
    });
    await stoppable?.stop();
  });

  test('stop before it starts - ExecutionStopped', async () => {
    await expect(SystemCalls.start('perl', AbortSignal.abort())).rejects.toMatchObject({ name: 'ExecutionStopped' });
  });

  test('process that dies under us - DumpToolFailed, no waiting', async () => {
    const dying = join(folder, 'dying-perl');
    // Answers the first call as perl would, and ends.
    writeFileSync(
      dying,
      '#!/bin/sh\nhead -c 14 >&2\nprintf "\\000\\000\\000\\011\\000\\000\\000\\0010\\000\\000\\000\\000"\n',
      { mode: 0o755 },
    );
    const mortal = await SystemCalls.start(dying, new AbortController().signal);

    await expect(mortal?.make([{ kind: 'sync', path: Buffer.from('/') }])).rejects.toMatchObject({
      name: 'DumpToolFailed',
    });
    await mortal?.stop();
  });
});
