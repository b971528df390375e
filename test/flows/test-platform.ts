// A whole platform in one process for flow tests: the real machines, steps, runner, catalog and repository over memory.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { invokeFunction } from '../../lib/app/invoke-function.ts';
import { loadMachines } from '../../lib/app/project-files.ts';
import { SqliteCatalog } from '../../lib/clouds/local/catalog.ts';
import { createFlowRunner } from '../../lib/clouds/local/flow-runner/flow-runner.ts';
import type { EmbeddedFlowRunner } from '../../lib/clouds/local/flow-runner/flow-runner.ts';
import { silentLog } from '../../lib/clouds/local/log.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import type { StorePolicy } from '../../lib/domain/store-policy.ts';
import type { Notice } from '../../lib/ports/notifier.ts';
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
import { inProcessWorkers } from './in-process-workers.ts';
import type { InProcessWorkers } from './in-process-workers.ts';

export interface TestPlatform extends Platform {
  readonly clock: FixedClock;
  readonly flows: EmbeddedFlowRunner;
  readonly workers: InProcessWorkers;
  readonly scripted: ScriptedEngine;
  readonly stores: ReadonlyMap<string, MemoryObjectStore>;
  readonly notices: readonly Notice[];
  close(): Promise<void>;
}

export interface TestPlatformOptions {
  readonly policies?: readonly StorePolicy[];
  readonly countries?: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<Platform['policies']['limits']>;
}

export function testPlatform(options: TestPlatformOptions = {}): TestPlatform {
  const clock = fixedClock();
  const catalog = new SqliteCatalog(':memory:');
  const policies = options.policies ?? [aStorePolicy()];
  const names = [...new Set(policies.flatMap((policy) => policy.copies.map((copy) => copy.location)))];
  const stores = new Map(names.map((name) => [name, memoryObjectStore(name, { clock, place: { country: countryOf(options, name), failureDomain: name } })]));
  const keys = new Map(names.map((name) => [name, memoryKeyProvider(name, { country: 'RU' })]));
  const recovery = memoryKeyProvider('recovery-key', { provider: 'recovery', country: 'RU' });
  const scripted = scriptedEngine(sampleContent());
  const notices: Notice[] = [];
  const find = <T>(map: ReadonlyMap<string, T>, name: string): T => {
    const found = map.get(name);
    if (found === undefined) throw new HoldfastError('NotFound', `no '${name}'`);
    return found;
  };
  const platform: TestPlatform = {
    name: 'test',
    clock,
    ids: seededIds('platform'),
    catalog,
    leases: new DocumentLeases(catalog, clock),
    flows: createFlowRunner({
      file: ':memory:',
      machines: loadMachines(),
      invoke: (resource, input, task) => invokeFunction(platform, resource, input, task),
      clock,
      log: silentLog,
    }),
    workers: inProcessWorkers(() => platform),
    secrets: { read: (reference) => Promise.reject(new HoldfastError('NotFound', `no secret '${reference}'`)) },
    location: (name) => find(stores, name),
    keysOf: (name) => find(keys, name),
    recoveryRecipient: { keyId: 'recovery-key', wrap: (dataKey, context) => recovery.wrap(dataKey, context) },
    staging: { directory: mkdtempSync(path.join(tmpdir(), 'holdfast-flow-')), country: 'RU' },
    engine: () => scripted,
    policies: {
      stores: () => policies,
      store: (name) => find(new Map(policies.map((policy) => [policy.store, policy])), name),
      locations: () => [],
      limits: {
        concurrentBackups: 2,
        queueLength: 10,
        workerMemoryBytes: 1 << 30,
        workerSeconds: 3600,
        repository: { packBytes: 4096, segmentBytes: 1024 },
        ...options.limits,
      },
    },
    notifiers: [{ channel: 'test', send: async (notice) => void notices.push(notice) }],
    log: silentLog,
    scripted,
    stores,
    notices,
    close: async () => {
      await platform.flows.close();
      catalog.close();
    },
  };
  return platform;
}

const countryOf = (options: TestPlatformOptions, name: string): string | undefined =>
  options.countries !== undefined && name in options.countries ? options.countries[name] : 'RU';
