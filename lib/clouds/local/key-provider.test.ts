import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { nodeFiles } from './durable-files.ts';
import { createKeyFile, KeyFileProvider } from './key-provider.ts';

let home: string;
let path: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  path = join(home, 'keys', 'platform.json');
});
afterEach(() => rm(home, { recursive: true, force: true }));

const errorOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => new Error('no error'),
    (error: unknown) => error as Error,
  );

const DATA_KEY = Buffer.alloc(32, 7);

describe('key file', () => {
  it('made twice - the first key stays; for another country - refused', async () => {
    const first = await createKeyFile(path, { country: 'RU' });
    const bytes = await readFile(path);

    expect(await createKeyFile(path, { country: 'RU' })).toEqual({ keyId: first.keyId, isNew: false });
    expect((await errorOf(createKeyFile(path, { country: 'DE' }))).name).toBe('InvalidConfiguration');
    expect(await readFile(path)).toEqual(bytes);
    expect(await readdir(join(home, 'keys'))).toEqual(['platform.json']);
  });

  it('made by several processes at once - one key for all', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => createKeyFile(path, { country: 'RU' })));

    expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(1);
  });

  it('new file - readable by its owner only, also after a rotation', async () => {
    await createKeyFile(path, { country: 'RU' });
    await new KeyFileProvider({ path }).rotate();

    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'keys'))).mode & 0o777).toBe(0o700);
  });

  it.each([0o640, 0o604, 0o660])('mode %o - refused with the cure', async (mode) => {
    await createKeyFile(path, { country: 'RU' });
    await chmod(path, mode);

    const error = await errorOf(new KeyFileProvider({ path }).wrap(DATA_KEY, {}));

    expect(error.name).toBe('KeyUnavailable');
    expect(error.message).toContain(`chmod 600 '${path}'`);
  });

  it('damaged in any place - said to be damaged, not to be the wrong key', async () => {
    await createKeyFile(path, { country: 'RU' });
    const whole = await readFile(path);
    const wrapped = await new KeyFileProvider({ path }).wrap(DATA_KEY, {});

    for (let index = 0; index < whole.length; index += 7) {
      const damaged = Buffer.from(whole);
      damaged[index] = (damaged[index] ?? 0) ^ 4;
      await writeFile(path, damaged);
      const opened = await new KeyFileProvider({ path }).unwrap(wrapped, {}).catch((error: unknown) => error as Error);
      // A change of white space is none.
      if (!Buffer.isBuffer(opened))
        expect(opened).toMatchObject({ name: 'KeyUnavailable', message: expect.stringContaining('damaged') });
    }
  });

  it('missing - KeyUnavailable that says what to do', async () => {
    expect((await errorOf(new KeyFileProvider({ path }).describe())).message).toContain('holdfast init');
  });

  it('country - the one it was made for; undefined when none was named', async () => {
    await createKeyFile(path, { country: 'RU' });
    await createKeyFile(`${path}.2`, { country: undefined });

    expect((await new KeyFileProvider({ path }).describe()).country).toBe('RU');
    expect((await new KeyFileProvider({ path: `${path}.2` }).describe()).country).toBeUndefined();
  });
});

describe('key rotation', () => {
  it('what a killed rotation left behind - does not disturb the next one', async () => {
    await createKeyFile(path, { country: 'RU' });
    await writeFile(`${path}.next`, 'half');

    expect(await new KeyFileProvider({ path }).rotate()).toBe(2);
    expect(await new KeyFileProvider({ path }).rotate()).toBe(3);
  });

  it('disk that fails - the file stays as it was', async () => {
    await createKeyFile(path, { country: 'RU' });
    const before = await readFile(path);
    const files = { ...nodeFiles, rename: () => Promise.reject(Object.assign(new Error('EROFS'), { code: 'EROFS' })) };

    expect((await errorOf(new KeyFileProvider({ path, files }).rotate())).name).toBe('KeyUnavailable');
    expect(await readFile(path)).toEqual(before);
  });
});

describe('wrapped key', () => {
  it('with another key id or provider - KeyUnwrapFailed', async () => {
    await createKeyFile(path, { country: 'RU' });
    const keys = new KeyFileProvider({ path });
    const wrapped = await keys.wrap(DATA_KEY, {});

    expect((await errorOf(keys.unwrap({ ...wrapped, keyId: 'key_other' }, {}))).name).toBe('KeyUnwrapFailed');
    expect((await errorOf(keys.unwrap({ ...wrapped, provider: 'aws-kms' }, {}))).name).toBe('KeyUnwrapFailed');
  });
});
