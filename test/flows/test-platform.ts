// A whole platform in one process for flow tests: the real machines, steps, runner, catalog and repository over memory.
// The world survives a simulated crash; each process of it is a platform of its own.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { invokeFunction } from '../../lib/app/invoke-function.ts';
import { loadMachines } from '../../lib/app/project-files.ts';
import { SqliteCatalog } from '../../lib/clouds/local/catalog.ts';
import { JournalFlowRunner } from '../../lib/clouds/local/flow-runner/flow-runner.ts';
import { Journal } from '../../lib/clouds/local/flow-runner/journal.ts';
import type { EmbeddedFlowRunner } from '../../lib/clouds/local/flow-runner/flow-runner.ts';
import { DirectoryObjectStore } from '../../lib/clouds/local/object-store.ts';
import { writePlaceMarker } from '../../lib/clouds/local/place-marker.ts';
import { silentLog } from '../../lib/clouds/local/log.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import type { StorePolicy } from '../../lib/domain/store-policy.ts';
import type { Catalog } from '../../lib/ports/catalog.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { IdSource } from '../../lib/ports/id-source.ts';
import type { KeyProvider } from '../../lib/ports/key-provider.ts';
import type { Notice } from '../../lib/ports/notifier.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import type { Platform } from '../../lib/ports/platform.ts';
import { DocumentLeases } from '../../lib/protocols/document-table/lease.ts';
import { aStorePolicy } from '../builders/store-policy.ts';
import { fixedClock } from '../fakes/fixed-clock.ts';
import type { FixedClock } from '../fakes/fixed-clock.ts';
import { memoryKeyProvider } from '../fakes/memory-key-provider.ts';
import { memoryObjectStore } from '../fakes/memory-object-store.ts';
import type { MemoryObjectStore } from '../fakes/memory-object-store.ts';
import { sampleContent, scriptedEngine } from '../fakes/scripted-engine.ts';
import type { ScriptedEngine } from '../fakes/scripted-engine.ts';
import { seededIds } from '../fakes/seeded-ids.ts';
import { LossyFiles } from '../faults/lossy-files.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import type { InProcessWorkers } from './in-process-workers.ts';

/** Thousands of commits per run: in memory where the system has such a folder. */
const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export interface TestWorldOptions {
  readonly policies?: readonly StorePolicy[];
  readonly countries?: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<Platform['policies']['limits']>;
  /** Locations on disks that forget what was not synced, instead of in memory. */
  readonly hasLossyDisks?: boolean;
}

/** Everything that lies outside a process and is there after it died. */
export interface TestWorld {
  readonly options: TestWorldOptions;
  readonly clock: FixedClock;
  readonly ids: IdSource;
  readonly catalog: Catalog;
  readonly journal: Journal;
  readonly stores: ReadonlyMap<string, ObjectStore>;
  /** The disks below the stores, when they are lossy. */
  readonly disks: readonly LossyFiles[];
  readonly keys: ReadonlyMap<string, KeyProvider>;
  readonly recovery: KeyProvider;
  readonly scripted: ScriptedEngine;
  readonly notices: Notice[];
  readonly stagingDirectory: string;
  close(): void;
}

/** How a process sees the world; a crash gate wraps every part. */
export interface ProcessView {
  readonly clock: Clock;
  readonly workerClock: Clock;
  readonly catalog: Catalog;
  store(store: ObjectStore): ObjectStore;
  task<T>(resource: string, run: () => Promise<T>): Promise<T>;
  effect<T>(name: string, run: () => Promise<T>): Promise<T>;
}

export interface TestProcess extends Platform {
  readonly flows: EmbeddedFlowRunner;
  readonly workers: InProcessWorkers;
}

export function testWorld(options: TestWorldOptions = {}): TestWorld {
  const clock = fixedClock();
  const ids = seededIds('platform');
  const folder = mkdtempSync(path.join(memoryFolder, 'holdfast-world-'));
  const catalog = new SqliteCatalog(path.join(folder, 'catalog.sqlite'));
  const journal = new Journal(':memory:');
  const locations = [...new Set(policiesOf(options).flatMap((policy) => policy.copies.map((copy) => copy.location)))];
  const disks: LossyFiles[] = [];
  const store = (name: string): ObjectStore => {
    const place = { country: countryOf(options, name), failureDomain: name };
    if (options.hasLossyDisks !== true) return memoryObjectStore(name, { clock, place });
    const files = new LossyFiles();
    disks.push(files);
    return lossyStore(name, files, { clock, ids, place });
  };
  return {
    options,
    clock,
    ids,
    disks,
    catalog,
    journal,
    stores: new Map(locations.map((name) => [name, store(name)])),
    keys: new Map(locations.map((name) => [name, memoryKeyProvider(name, { country: 'RU' })])),
    recovery: memoryKeyProvider('recovery-key', { provider: 'recovery', country: 'RU' }),
    scripted: scriptedEngine(sampleContent()),
    notices: [],
    stagingDirectory: path.join(folder, 'staging'),
    close: () => {
      catalog.close();
      journal.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The local adapter itself, over a disk that forgets. It begins with its place marker, durably, as `init` leaves it. */
function lossyStore(
  name: string,
  files: LossyFiles,
  { clock, ids, place }: { clock: Clock; ids: IdSource; place: { country: string | undefined; failureDomain: string } },
): ObjectStore {
  const directory = `/disks/${name}`;
  const store = new DirectoryObjectStore({ name, path: directory, clock, ids, files });
  const ready = writePlaceMarker(directory, { ...place, region: name, dataCenter: name }, files);
  return afterReady(store, ready);
}

/** Lets every call wait for what must be there first. */
function afterReady(store: ObjectStore, ready: Promise<void>): ObjectStore {
  return {
    name: store.name,
    capabilities: store.capabilities,
    place: async () => (await ready, await store.place()),
    put: async (key, parts, options) => (await ready, await store.put(key, parts, options)),
    get: async (key, options) => (await ready, await store.get(key, options)),
    stat: async (key, version) => (await ready, await store.stat(key, version)),
    list: async (prefix, options) => (await ready, await store.list(prefix, options)),
    extendLock: async (key, version, until) => (await ready, await store.extendLock(key, version, until)),
    deleteVersion: async (key, version) => (await ready, await store.deleteVersion(key, version)),
  };
}

const plainView = (world: TestWorld): ProcessView => ({
  clock: world.clock,
  workerClock: world.clock,
  catalog: world.catalog,
  store: (store) => store,
  task: (_resource, run) => run(),
  effect: (_name, run) => run(),
});

/** Starts a process of the world. It drives nothing before `flows.resume()` or a start. */
export function startProcess(world: TestWorld, view: ProcessView = plainView(world)): TestProcess {
  const { clock, catalog } = view;
  const policies = policiesOf(world.options);
  world.scripted.effect = (name, run) => view.effect(name, run);
  const stores = new Map([...world.stores].map(([name, store]) => [name, view.store(store)]));
  const platform: TestProcess = {
    name: 'test',
    clock,
    ids: world.ids,
    catalog,
    leases: new DocumentLeases(catalog, clock),
    flows: new JournalFlowRunner(
      {
        file: ':memory:',
        machines: loadMachines(),
        invoke: (resource, input, task) => view.task(resource, () => invokeFunction(platform, resource, input, task)),
        clock,
        log: silentLog,
      },
      world.journal,
    ),
    workers: inProcessWorkers(() => ({ ...platform, clock: view.workerClock })),
    secrets: { read: (reference) => Promise.reject(new HoldfastError('NotFound', `no secret '${reference}'`)) },
    location: (name) => find(stores, name),
    keysOf: (name) => find(world.keys, name),
    recoveryRecipient: { keyId: 'recovery-key', wrap: (dataKey, context) => world.recovery.wrap(dataKey, context) },
    staging: { directory: world.stagingDirectory, country: 'RU' },
    engine: () => world.scripted,
    policies: {
      stores: () => policies,
      store: (name) => find(new Map(policies.map((policy) => [policy.store, policy])), name),
      skipped: () => [],
      locations: () => [],
      limits: {
        concurrentBackups: 2,
        queueLength: 10,
        workerMemoryBytes: 1 << 30,
        workerSeconds: 3600,
        repository: { packBytes: 4096, segmentBytes: 1024 },
        ...world.options.limits,
      },
    },
    notifiers: [
      { channel: 'test', send: (notice) => view.effect('notify', async () => void world.notices.push(notice)) },
    ],
    log: silentLog,
  };
  return platform;
}

export interface TestPlatform extends TestProcess {
  readonly clock: FixedClock;
  readonly scripted: ScriptedEngine;
  readonly stores: ReadonlyMap<string, MemoryObjectStore>;
  readonly notices: readonly Notice[];
  close(): Promise<void>;
}

/** A world with one process that nothing happens to. */
export function testPlatform(options: TestWorldOptions = {}): TestPlatform {
  const world = testWorld(options);
  const process = startProcess(world);
  return {
    ...process,
    clock: world.clock,
    scripted: world.scripted,
    stores: world.stores as ReadonlyMap<string, MemoryObjectStore>,
    notices: world.notices,
    close: async () => {
      await process.flows.drain();
      world.close();
    },
  };
}

const policiesOf = (options: TestWorldOptions): readonly StorePolicy[] => options.policies ?? [aStorePolicy()];

const countryOf = (options: TestWorldOptions, name: string): string | undefined =>
  options.countries !== undefined && name in options.countries ? options.countries[name] : 'RU';

function find<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(name);
  if (found === undefined) throw new HoldfastError('NotFound', `no '${name}'`);
  return found;
}
