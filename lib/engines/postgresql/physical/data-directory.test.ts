// A data directory being restored: refuses what is not empty or not a directory, and nothing in a backup can make it write outside.
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from '@jest/globals';

import { DataDirectory } from './data-directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-data-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => join(folder, `target-${count++}`);

describe('data directory', () => {
  test('a new place - made private, whatever the umask', async () => {
    const path = fresh();
    const before = process.umask(0);

    await DataDirectory.prepare(path, 1000);
    process.umask(before);

    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['a file', (path: string) => writeFileSync(path, ''), 'UnsafePath'],
    ['a link to an empty folder', (path: string) => symlinkSync(folder, path), 'UnsafePath'],
    [
      'a folder with a hidden file',
      (path: string) => {
        mkdirSync(path);
        writeFileSync(join(path, '.x'), '');
      },
      'RestoreTargetNotEmpty',
    ],
  ])('%s in its place - refused', async (_what, occupy, name) => {
    const path = fresh();
    occupy(path);

    await expect(DataDirectory.prepare(path, 1000)).rejects.toMatchObject({ name });
  });

  test('a relative path, or one without a parent - UnsafePath', async () => {
    await expect(DataDirectory.prepare('restored', 1000)).rejects.toMatchObject({ name: 'UnsafePath' });
    await expect(DataDirectory.prepare(join(fresh(), 'deeper'), 1000)).rejects.toMatchObject({ name: 'UnsafePath' });
  });

  test.each(['../x', 'base/../../x', '/etc/passwd', 'base//x', './x', '', 'base/', 'x\0y', `${'a/'.repeat(3000)}b`])(
    'path %p of a backup - UnsafePath',
    async (relative) => {
      const directory = await DataDirectory.prepare(fresh(), 1000);

      expect(() => directory.resolve(relative)).toThrow(expect.objectContaining({ name: 'UnsafePath' }));
    },
  );

  test('a path that comes twice - the first file stays', async () => {
    const directory = await DataDirectory.prepare(fresh(), 1000);
    const path = directory.resolve('base/1/2');
    const file = await directory.openNew(path, 0o600);
    await file.writeFile('first');
    await file.close();

    await expect(directory.openNew(path, 0o600)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(directory.resolve('base')).mode & 0o777).toBe(0o700);
  });

  test('a link of ours - is not followed by the place of a file', async () => {
    const directory = await DataDirectory.prepare(fresh(), 1000);
    await directory.makeLink(directory.resolve('pg_tblspc/1'), '/nonexistent');

    expect(lstatSync(directory.resolve('pg_tblspc/1')).isSymbolicLink()).toBe(true);
    expect(existsSync('/nonexistent')).toBe(false);
  });
});
