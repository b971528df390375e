// The repository that benchmarks write to: a directory, a key file, no catalog and no platform around it.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../lib/clouds/local/clock.ts';
import { createIdSource } from '../lib/clouds/local/ids.ts';
import { createKeyFile, KeyFileProvider } from '../lib/clouds/local/key-provider.ts';
import { silentLog } from '../lib/clouds/local/log.ts';
import { DirectoryObjectStore } from '../lib/clouds/local/object-store.ts';
import { writePlaceMarker } from '../lib/clouds/local/place-marker.ts';
import { createSecretSource } from '../lib/clouds/local/secret-source.ts';
import type { EngineContext } from '../lib/ports/engine.ts';
import type { RepositoryContext } from '../lib/repository/repository-context.ts';

/** The directories `repository` and `scratch` must exist below `work`. Later phases find what earlier ones wrote. */
export async function benchRepository(work: string): Promise<RepositoryContext> {
  const keyFile = join(work, 'key.json');
  await createKeyFile(keyFile, { country: undefined });
  const place = { country: undefined, region: 'bench', dataCenter: 'bench', failureDomain: 'bench' };
  await writePlaceMarker(join(work, 'repository'), place);
  const ids = createIdSource(systemClock);
  return {
    storeName: 'bench',
    location: new DirectoryObjectStore({ name: 'bench', path: join(work, 'repository'), clock: systemClock, ids }),
    keys: new KeyFileProvider({ path: keyFile }),
    recipient: undefined,
    ids,
    clock: systemClock,
  };
}

/** With a scratch directory of its own, as every attempt has. */
export const benchEngineContext = (work: string): EngineContext => ({
  clock: systemClock,
  secrets: createSecretSource({}),
  log: silentLog,
  signal: new AbortController().signal,
  scratchDir: mkdtempSync(join(work, 'scratch', 'attempt-')),
});
