// Runs the secret source contract on every adapter, and its mutants on one.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createSecretSource } from '../../lib/clouds/local/secret-source.ts';
import type { MakeSubject } from './contract.ts';
import type { SecretSourceSubject } from './secret-source.contract.ts';
import { secretSourceContract, secretSourceMutants } from './secret-source.contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const inVariable: MakeSubject<SecretSourceSubject> = async () => {
  const variables: Record<string, string> = { PASSWORD: 'first' };
  const change = async (value: string): Promise<void> => {
    variables.PASSWORD = value;
  };
  return {
    subject: { secrets: createSecretSource(variables), reference: 'env:PASSWORD', missing: 'env:NO_PASSWORD', change },
  };
};

const inFile: MakeSubject<SecretSourceSubject> = async () => {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'password');
  const change = (value: string): Promise<void> => writeFile(path, value, { mode: 0o600 });
  await change('first');
  const subject = { secrets: createSecretSource({}), reference: `file:${path}`, missing: `file:${path}-not`, change };
  return { subject, dispose: directory.remove };
};

secretSourceContract('environment variable', inVariable);
secretSourceContract('file', inFile);
secretSourceMutants('file', inFile);
