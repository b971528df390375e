// Runs the key provider contract on every adapter, and its mutants on one.

import { join } from 'node:path';

import { createKeyFile, KeyFileProvider } from '../../lib/clouds/local/key-provider.ts';
import { memoryKeyProvider } from '../fakes/memory-key-provider.ts';
import type { MakeSubject } from './contract.ts';
import type { KeyProviderSubject } from './key-provider.contract.ts';
import { keyProviderContract, keyProviderMutants } from './key-provider.contract.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const inFile: MakeSubject<KeyProviderSubject> = async () => {
  const directory = await temporaryDirectory();
  const [path, strange] = [join(directory.path, 'keys', 'platform.json'), join(directory.path, 'keys', 'strange.json')];
  for (const file of [path, strange]) await createKeyFile(file, { country: 'RU' });
  const [keys, other, stranger] = [
    new KeyFileProvider({ path }),
    new KeyFileProvider({ path }),
    new KeyFileProvider({ path: strange }),
  ];
  return { subject: { keys, other, stranger }, dispose: directory.remove };
};

const inMemory: MakeSubject<KeyProviderSubject> = async () => {
  const keys = memoryKeyProvider('ours');
  return { subject: { keys, other: keys, stranger: memoryKeyProvider('theirs') } };
};

keyProviderContract('key file', inFile);
keyProviderContract('memory', inMemory);
keyProviderMutants('key file', inFile);
