// Reads secrets by reference at the moment of use: `env:NAME` and `file:/path`. Errors name the reference, never the content.

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { SecretSource } from '../../ports/secret-source.ts';

/** Passwords, tokens and certificates are far below; a larger file is a mistake. */
const SECRET_BYTES_MAX = 65_536;

/** @param environment the process's variables, read anew at every use */
export function createSecretSource(environment: Readonly<Record<string, string | undefined>>): SecretSource {
  return {
    read: async (reference) => {
      if (reference.startsWith('env:')) return readVariable(environment, reference);
      if (reference.startsWith('file:')) return readSecretFile(reference);
      // The text is not repeated: whoever wrote a password where its reference belongs would find it in every log.
      throw new HoldfastError(
        'InvalidConfiguration',
        'unable to read a secret: its reference begins neither with env: nor with file:',
      );
    },
  };
}

function readVariable(environment: Readonly<Record<string, string | undefined>>, reference: string): Secret {
  const value = environment[reference.slice('env:'.length)];
  if (value === undefined || value === '') throw missing(reference);
  return new Secret(value);
}

async function readSecretFile(reference: string): Promise<Secret> {
  const path = reference.slice('file:'.length);
  if (!isAbsolute(path)) throw refused(reference, 'its path is not absolute');
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw missing(reference, cause);
  }
  try {
    // The open file is examined, not its name: between two looks at a name another file can take its place.
    const facts = await handle.stat();
    if (!facts.isFile()) throw refused(reference, 'it is not a file');
    if ((facts.mode & 0o077) !== 0) {
      throw refused(
        reference,
        `others may read it (mode ${(facts.mode & 0o777).toString(8)}); run: chmod 600 '${path}'`,
      );
    }
    if (facts.size > SECRET_BYTES_MAX) throw refused(reference, `it is larger than ${SECRET_BYTES_MAX} bytes`);
    const text = (await handle.readFile('utf8')).replace(/\r?\n$/, '');
    if (text === '') throw missing(reference);
    return new Secret(text);
  } finally {
    await handle.close();
  }
}

const missing = (reference: string, cause?: unknown): HoldfastError =>
  new HoldfastError('NotFound', `unable to read secret '${reference}'`, { reference }, { cause });

const refused = (reference: string, reason: string): HoldfastError =>
  new HoldfastError('InvalidConfiguration', `unable to use secret '${reference}': ${reason}`, { reference });
