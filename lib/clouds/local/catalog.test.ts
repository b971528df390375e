import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { ItemKey } from '../../ports/catalog.ts';
import { SqliteCatalog } from './catalog.ts';

let home: string;
let file: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  file = join(home, 'catalog.sqlite');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const at = (sort: string): ItemKey => ({ partition: 'p', sort });

const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error as Error).name,
  );

/** Runs a module that finds `catalog` and `report` in its scope, in a process of its own. */
function inProcess(body: string): { readonly lines: Promise<string[]>; readonly pid: number | undefined } {
  const program = `
    const { SqliteCatalog } = await import(process.argv[1] + '/catalog.ts');
    const catalog = new SqliteCatalog(process.argv[2]);
    const report = (text) => process.stdout.write(text + '\\n');
    ${body}
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, import.meta.dirname, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  const lines = new Promise<string[]>((resolve) =>
    child.once('close', () => resolve(text.split('\n').filter((line) => line !== ''))),
  );
  return { lines, pid: child.pid };
}

describe('catalog file', () => {
  it('several processes that open a new file and count at once - no error, no count lost', async () => {
    const body = `
      for (let n = 0; n < 40; ) {
        const item = await catalog.get({ partition: 'p', sort: 'count' });
        const condition = item === undefined ? { kind: 'absent' } : { kind: 'revision', revision: item.revision };
        const write = { kind: 'put', key: { partition: 'p', sort: 'count' }, value: { n: (item?.value.n ?? 0) + 1 }, condition };
        await catalog.transact([write]).then(() => (n += 1), (error) => { if (error.name !== 'ConditionFailed') report(error.message); });
      }
    `;

    const lines = await Promise.all(Array.from({ length: 4 }, () => inProcess(body).lines));

    expect(lines.flat()).toEqual([]);
    const catalog = new SqliteCatalog(file);
    expect(await catalog.get(at('count'))).toMatchObject({ value: { n: 160 }, revision: 160 });
    catalog.close();
  });

  it('process that kills itself between transactions - every answered one is there, none half', async () => {
    const body = `
      for (let n = 0; ; n += 1) {
        const put = (sort) => ({ kind: 'put', key: { partition: 'p', sort }, value: { n }, condition: { kind: 'any' } });
        await catalog.transact([put('left'), put('right')]);
        report(String(n));
        if (n === 30) process.kill(process.pid, 'SIGKILL');
      }
    `;

    const answered = await inProcess(body).lines;

    const catalog = new SqliteCatalog(file);
    const [left, right] = [await catalog.get(at('left')), await catalog.get(at('right'))];
    expect(left?.value).toEqual(right?.value);
    expect(Number(left?.value['n'])).toBeGreaterThanOrEqual(Number(answered.at(-1)));
    catalog.close();
  });

  it('writer that never ends - CatalogUnavailable after the wait, reads go on', async () => {
    const catalog = new SqliteCatalog(file, { busyMilliseconds: 50 });
    await catalog.transact([{ kind: 'put', key: at('a'), value: { n: 1 }, condition: { kind: 'any' } }]);
    const stuck = new DatabaseSync(file);
    stuck.exec('BEGIN IMMEDIATE');

    const outcome = await nameOf(
      catalog.transact([{ kind: 'put', key: at('a'), value: { n: 2 }, condition: { kind: 'any' } }]),
    );

    expect(outcome).toBe('CatalogUnavailable');
    expect((await catalog.get(at('a')))?.value).toEqual({ n: 1 });
    stuck.exec('ROLLBACK');
    await catalog.transact([{ kind: 'put', key: at('a'), value: { n: 3 }, condition: { kind: 'any' } }]);
    stuck.close();
    catalog.close();
  });

  it('file of another kind, or of a newer version - CatalogUnavailable, the file stays as it is', async () => {
    await writeFile(file, 'this is no database, but long enough to be looked at as if it were one'.repeat(20));
    expect(() => new SqliteCatalog(file)).toThrow(expect.objectContaining({ name: 'CatalogUnavailable' }));
    await rm(file);
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 99');
    newer.close();

    expect(() => new SqliteCatalog(file)).toThrow(expect.objectContaining({ name: 'CatalogUnavailable' }));
    expect(() => new SqliteCatalog(join(home, 'missing', 'catalog.sqlite'))).toThrow(
      expect.objectContaining({ name: 'CatalogUnavailable' }),
    );
  });

  it('new file - closed to other users, with its side files', async () => {
    const catalog = new SqliteCatalog(file);
    await catalog.transact([{ kind: 'put', key: at('a'), value: {}, condition: { kind: 'any' } }]);

    for (const suffix of ['', '-wal', '-shm']) expect((await stat(`${file}${suffix}`)).mode & 0o777).toBe(0o600);
    catalog.close();
  });

  it('disk that is full - CatalogUnavailable, the items before stay', async () => {
    const catalog = new SqliteCatalog(file);
    await catalog.transact([{ kind: 'put', key: at('before'), value: {}, condition: { kind: 'any' } }]);
    const limit = new DatabaseSync(file);
    catalog.close();
    limit.close();
    const full = new SqliteCatalog(file, { pagesMax: 5 });
    const large = { text: 'x'.repeat(300_000) };

    expect(
      await nameOf(full.transact([{ kind: 'put', key: at('large'), value: large, condition: { kind: 'any' } }])),
    ).toBe('CatalogUnavailable');
    expect(await full.get(at('large'))).toBeUndefined();
    expect(await full.get(at('before'))).toMatchObject({ revision: 1 });
    full.close();
  });

  it('closed catalog - CatalogUnavailable; closing twice is fine', async () => {
    const catalog = new SqliteCatalog(file);
    catalog.close();
    catalog.close();

    expect(await nameOf(catalog.get(at('a')))).toBe('CatalogUnavailable');
  });
});

describe('catalog pages', () => {
  it('items of the largest size - a page ends early and goes on without gaps', async () => {
    const catalog = new SqliteCatalog(file);
    const value = { text: 'x'.repeat(340 * 1024) };
    for (let n = 0; n < 60; n += 1) {
      await catalog.transact([{ kind: 'put', key: at(String(n).padStart(3, '0')), value, condition: { kind: 'any' } }]);
    }

    const first = await catalog.query({ partition: 'p' });
    const second = await catalog.query({ partition: 'p', after: first.next ?? '' });

    expect(first.items.length).toBeLessThan(60);
    expect(first.items.length + second.items.length).toBe(60);
    expect(second.next).toBeUndefined();
    catalog.close();
  });

  it('page that ended early - holds no snapshot that would keep the journal from being emptied', async () => {
    const catalog = new SqliteCatalog(file);
    for (let n = 0; n < 20; n += 1) {
      await catalog.transact([
        { kind: 'put', key: at(String(n).padStart(3, '0')), value: {}, condition: { kind: 'any' } },
      ]);
    }
    await catalog.query({ partition: 'p', limit: 3 });
    const other = new DatabaseSync(file);

    const { busy } = other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };

    expect(busy).toBe(0);
    other.close();
    catalog.close();
  });
});

describe('catalog keys', () => {
  it.each(['', 'a\0b', '\ud800', 'x'.repeat(1025)])('sort key %j - InvalidRequest', async (sort) => {
    const catalog = new SqliteCatalog(file);

    expect(await nameOf(catalog.get(at(sort)))).toBe('InvalidRequest');
    expect(
      await nameOf(catalog.transact([{ kind: 'put', key: at(sort), value: {}, condition: { kind: 'any' } }])),
    ).toBe('InvalidRequest');
    catalog.close();
  });
});
