// Runs the object store contract on every adapter, and its mutants on one.

import { join } from 'node:path';

import { createIdSource } from '../../lib/clouds/local/ids.ts';
import { DirectoryObjectStore } from '../../lib/clouds/local/object-store.ts';
import { writePlaceMarker } from '../../lib/clouds/local/place-marker.ts';
import { fixedClock } from '../fakes/fixed-clock.ts';
import { memoryObjectStore } from '../fakes/memory-object-store.ts';
import type { MakeSubject } from './contract.ts';
import { objectStoreContract, objectStoreMutants } from './object-store.contract.ts';
import type { ObjectStoreSubject } from './object-store/subject.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const inDirectory: MakeSubject<ObjectStoreSubject> = async () => {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'location');
  const clock = fixedClock();
  await writePlaceMarker(path, { country: 'RU', region: 'north', dataCenter: 'first', failureDomain: 'rack' });
  const open = (): DirectoryObjectStore =>
    new DirectoryObjectStore({ name: 'primary', path, clock, ids: createIdSource(clock) });
  return { subject: { store: open(), other: open(), now: clock.now }, dispose: directory.remove };
};

const inMemory: MakeSubject<ObjectStoreSubject> = async () => {
  const clock = fixedClock();
  const store = memoryObjectStore('memory', { clock });
  return { subject: { store, other: store, now: clock.now } };
};

objectStoreContract('directory', inDirectory);
objectStoreContract('memory', inMemory);
objectStoreMutants('directory', inDirectory);
