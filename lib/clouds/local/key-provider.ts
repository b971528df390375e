// Wraps data keys with a key that lies in one file of this machine. A version that has wrapped anything is never lost: rotation adds
// to the file under a lock between processes and replaces it in one step.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { Clock } from '../../ports/clock.ts';
import { isoNow } from '../../ports/clock.ts';
import type { IdSource } from '../../ports/id-source.ts';
import type { KeyContext, KeyDescription, KeyProvider, WrappedKey } from '../../ports/key-provider.ts';
import { systemClock } from './clock.ts';
import type { DurableFiles } from './durable-files.ts';
import { codeOf, makeDirectoryPath, nodeFiles, publishFile, replaceFile } from './durable-files.ts';
import { withFileMutex } from './file-mutex.ts';
import { createIdSource } from './ids.ts';
import type { KeyFile, KeyVersion } from './key-file.ts';
import { formatKeyFile, KEY_BYTES, newKeyFile, readKeyFile } from './key-file.ts';

const PROVIDER = 'key-file';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface KeyFileOptions {
  readonly path: string;
  readonly clock?: Clock;
  readonly files?: DurableFiles;
  /** Excludes other rotations of this file, also those of other processes. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Makes a key file with its first version, unless one is there: an existing key is never replaced.
 * @throws InvalidConfiguration when the existing one was made for another country, KeyUnavailable when it cannot be used
 */
export async function createKeyFile(
  path: string,
  settings: { readonly country: string | undefined },
  world: { readonly clock?: Clock; readonly ids?: IdSource; readonly files?: DurableFiles } = {},
): Promise<{ readonly keyId: string; readonly isNew: boolean }> {
  const { clock = systemClock, files = nodeFiles } = world;
  const ids = world.ids ?? createIdSource(clock);
  return translated(path, async () => {
    await makeDirectoryPath(files, dirname(path));
    const file = newKeyFile({ keyId: ids.next('key'), country: settings.country, first: newVersion(1, clock) });
    if (await publishFile(files, path, formatKeyFile(file), `${basename(path)}.${ids.next('new')}`))
      return { keyId: file.keyId, isNew: true };
    const found = await readKeyFile(files, path);
    if (found.country === settings.country) return { keyId: found.keyId, isNew: false };
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to use key file '${path}': it was made for another country`,
      {
        path,
        keyCountry: found.country,
        country: settings.country,
      },
    );
  });
}

/** Reads the file at every use, so a rotation by another process takes effect at once and no key lies in memory longer than needed. */
export class KeyFileProvider implements KeyProvider {
  readonly provider = PROVIDER;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #files: DurableFiles;
  readonly #exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  #durableVersion = 0;

  constructor(options: KeyFileOptions) {
    this.#path = options.path;
    this.#clock = options.clock ?? systemClock;
    this.#files = options.files ?? nodeFiles;
    this.#exclusively = options.exclusively ?? ((work) => withFileMutex(`${this.#path}.lock`, this.#clock, work));
  }

  describe(): Promise<KeyDescription> {
    return translated(this.#path, async () => {
      const file = await readKeyFile(this.#files, this.#path);
      const { version, createdAt } = newestOf(file);
      return { keyId: file.keyId, keyVersion: version, country: file.country, createdAt, isEnabled: true };
    });
  }

  wrap(dataKey: Uint8Array, context: KeyContext): Promise<WrappedKey> {
    return translated(this.#path, async () => {
      const file = await readKeyFile(this.#files, this.#path);
      const { version, key } = newestOf(file);
      await this.#assureDurable(version);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, Buffer.from(key, 'base64'), nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(file.keyId, version, context));
      const wrapped = Buffer.concat([nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]).toString(
        'base64',
      );
      return { provider: PROVIDER, keyId: file.keyId, keyVersion: version, wrapped };
    });
  }

  unwrap(wrapped: WrappedKey, context: KeyContext): Promise<Buffer> {
    return translated(this.#path, async () => {
      const file = await readKeyFile(this.#files, this.#path);
      const opened = open(file, wrapped, context);
      if (opened !== undefined) return opened;
      // One answer for a wrong key, context or bytes, without its cause: which of them it was helps only an attacker.
      throw new HoldfastError(
        'KeyUnwrapFailed',
        `unable to open a key wrapped by '${wrapped.keyId}' version ${wrapped.keyVersion}`,
        {
          keyId: wrapped.keyId,
          keyVersion: wrapped.keyVersion,
        },
      );
    });
  }

  rotate(): Promise<number> {
    return translated(this.#path, () =>
      this.#exclusively(async () => {
        const file = await readKeyFile(this.#files, this.#path);
        const added = newVersion(newestOf(file).version + 1, this.#clock);
        await replaceFile(this.#files, this.#path, formatKeyFile({ ...file, versions: [...file.versions, added] }));
        return added.version;
      }),
    );
  }

  /** Another process may have rotated and not yet synced: a key that a power loss takes back must not have wrapped anything. */
  async #assureDurable(version: number): Promise<void> {
    if (version <= this.#durableVersion) return;
    await this.#files.syncDirectory(dirname(this.#path));
    this.#durableVersion = version;
  }
}

function open(file: KeyFile, wrapped: WrappedKey, context: KeyContext): Buffer | undefined {
  const version = file.versions.find((candidate) => candidate.version === wrapped.keyVersion);
  const bytes = Buffer.from(wrapped.wrapped, 'base64');
  if (version === undefined || wrapped.provider !== PROVIDER || wrapped.keyId !== file.keyId) return undefined;
  if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const key = Buffer.from(version.key, 'base64');
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(file.keyId, version.version, context));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

const boundTo = (keyId: string, keyVersion: number, context: KeyContext): Buffer =>
  Buffer.from(canonicalJson({ format: 'holdfast-wrapped-key-1', keyId, keyVersion, context }));

const newVersion = (version: number, clock: Clock): KeyVersion => ({
  version,
  createdAt: isoNow(clock),
  key: randomBytes(KEY_BYTES).toString('base64'),
});

function newestOf(file: KeyFile): KeyVersion {
  const newest = file.versions.at(-1);
  if (newest === undefined)
    throw new HoldfastError('KeyUnavailable', `unable to use key '${file.keyId}': it has no version`);
  return newest;
}

/** The one place where foreign errors become ours. */
async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HoldfastError && error.name !== 'LeaseHeld') throw error;
    const reason = codeOf(error) ?? 'unexpected error';
    throw new HoldfastError(
      'KeyUnavailable',
      `unable to use key file '${path}': ${reason}`,
      { path },
      { cause: error },
    );
  }
}
