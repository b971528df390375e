// The whole platform on one machine: directories, one SQLite file, child processes and key files. Nothing leaves the machine.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import type { LocationPolicy } from '../../domain/store-policy.ts';
import type { Clock } from '../../ports/clock.ts';
import type { FlowRunner } from '../../ports/flow-runner.ts';
import type { IdSource } from '../../ports/id-source.ts';
import type { Cloud, KeyRecipient } from '../../ports/platform.ts';
import type { Log } from '../../ports/telemetry.ts';
import { DocumentLeases } from '../../protocols/document-table/lease.ts';
import { SqliteCatalog } from './catalog.ts';
import { systemClock } from './clock.ts';
import { createIdSource } from './ids.ts';
import { KeyFileProvider } from './key-provider.ts';
import { silentLog } from './log.ts';
import { DirectoryObjectStore } from './object-store.ts';
import { createSecretSource } from './secret-source.ts';
import type { WorkerCommand } from './worker-environment.ts';
import { ChildWorkerHost } from './worker-host.ts';
import { WorkerNotes } from './worker-notes.ts';

/** What a killed writer left in a location is removed after a week: longer than any attempt may live. */
const ABANDONED_AFTER_MILLISECONDS = 7 * 24 * 3600 * 1000;

export interface LocalCloudOptions {
  /** Holds catalog.sqlite, keys/, staging/ and logs/; made when missing, closed to other users. */
  readonly home: string;
  /** Locations of kind `directory`, settings `{ path, keyFile? }`. */
  readonly locations: readonly LocationPolicy[];
  /** Country of this machine: where bytes lie while a worker has them. */
  readonly stagingCountry: string | undefined;
  readonly recoveryRecipient?: KeyRecipient;
  readonly worker: WorkerCommand;
  /** Builds the flow runner beside this catalog. */
  readonly flows: (world: LocalWorld) => FlowRunner;
  /** Variables that `env:NAME` references are read from. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  readonly log?: Log;
}

export interface LocalWorld {
  readonly home: string;
  readonly catalogFile: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Log;
}

export interface LocalCloud extends Cloud {
  /** Removes what killed writers left in the locations. Returns how many. */
  sweep(): Promise<number>;
  /** Ends every worker and closes the catalog. Idempotent. */
  close(): Promise<void>;
}

/** Where `init` puts the key of every location that names none. */
export const defaultKeyFile = (home: string): string => join(home, 'keys', 'platform.json');

/** @throws InvalidConfiguration, CatalogUnavailable */
export function createLocalCloud(options: LocalCloudOptions): LocalCloud {
  const { home, clock = systemClock, log = silentLog } = options;
  const ids = options.ids ?? createIdSource(clock);
  const staging = join(home, 'staging');
  for (const directory of [home, join(home, 'keys'), staging, join(home, 'logs')])
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  const locations = new Map(options.locations.map((policy) => [policy.name, openLocation(policy, home, clock, ids)]));
  const catalogFile = join(home, 'catalog.sqlite');
  const catalog = new SqliteCatalog(catalogFile);
  const notes = new WorkerNotes(join(home, 'workers'), clock);
  const workers = new ChildWorkerHost({ ...options.worker, clock, log, notes });
  const known = (name: string): Location => {
    const location = locations.get(name);
    if (location !== undefined) return location;
    throw new HoldfastError(
      'NotFound',
      `unable to find location '${name}'; there are: ${[...locations.keys()].join(', ') || 'none'}`,
      { location: name },
    );
  };
  return {
    name: 'local',
    clock,
    ids,
    catalog,
    leases: new DocumentLeases(catalog, clock),
    flows: options.flows({ home, catalogFile, clock, ids, log }),
    workers,
    secrets: createSecretSource(options.environment ?? {}),
    location: (name) => known(name).store,
    keysOf: (name) => known(name).keys,
    recoveryRecipient: options.recoveryRecipient,
    staging: { directory: staging, country: options.stagingCountry },
    sweep: async () => {
      let swept = 0;
      for (const { store } of locations.values()) swept += await store.sweep(ABANDONED_AFTER_MILLISECONDS);
      return swept;
    },
    close: async () => {
      await workers.close();
      catalog.close();
    },
  };
}

interface Location {
  readonly store: DirectoryObjectStore;
  readonly keys: KeyFileProvider;
}

function openLocation(policy: LocationPolicy, home: string, clock: Clock, ids: IdSource): Location {
  const { path, keyFile = defaultKeyFile(home), ...others } = policy.settings;
  const reason =
    policy.kind !== 'directory'
      ? `the local cloud has no kind '${policy.kind}'`
      : typeof path !== 'string' || path === ''
        ? 'its setting "path" is missing'
        : typeof keyFile !== 'string' || keyFile === ''
          ? 'its setting "keyFile" is no path'
          : Object.keys(others).length > 0
            ? `it has an unknown setting "${Object.keys(others).join('", "')}"`
            : undefined;
  if (reason !== undefined || typeof path !== 'string' || typeof keyFile !== 'string') {
    throw new HoldfastError('InvalidConfiguration', `unable to use location '${policy.name}': ${reason ?? ''}`, {
      location: policy.name,
    });
  }
  return {
    store: new DirectoryObjectStore({ name: policy.name, path, clock, ids }),
    keys: new KeyFileProvider({ path: keyFile, clock }),
  };
}
