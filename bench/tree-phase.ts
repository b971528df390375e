// One phase of the tree benchmark, alone in its process, so that processor time and peak memory are its own.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../lib/clouds/local/clock.ts';
import { createIdSource } from '../lib/clouds/local/ids.ts';
import { createKeyFile, KeyFileProvider } from '../lib/clouds/local/key-provider.ts';
import { silentLog } from '../lib/clouds/local/log.ts';
import { DirectoryObjectStore } from '../lib/clouds/local/object-store.ts';
import { writePlaceMarker } from '../lib/clouds/local/place-marker.ts';
import { createSecretSource } from '../lib/clouds/local/secret-source.ts';
import type { UnitResult } from '../lib/domain/backup-record.ts';
import type { StorePolicy } from '../lib/domain/store-policy.ts';
import type { EngineContext } from '../lib/ports/engine.ts';
import type { RepositoryContext } from '../lib/repository/repository-context.ts';
import { openUnit } from '../lib/repository/unit-reader.ts';
import type { UnitWriter } from '../lib/repository/unit-writer.ts';
import { createUnitWriter } from '../lib/repository/unit-writer.ts';
import { verifyUnit } from '../lib/repository/verify-unit.ts';
import { dumpPlainTree, restorePlainTree } from './plain-tree.ts';

export const TREE_PHASES = ['full', 'unchanged', 'reread', 'changed', 'verify', 'restore'] as const;
export type TreePhase = (typeof TREE_PHASES)[number];

export interface PhaseRequest {
  readonly phase: TreePhase;
  readonly source: string;
  readonly work: string;
  readonly reader: 'engine' | 'plain';
  readonly compression: StorePolicy['compression'];
  /** Backups made by earlier phases, oldest first. */
  readonly units: readonly UnitResult[];
}

export interface PhaseMeasurement {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakRssBytes: number;
  readonly sourceBytes: number;
  readonly storedBytes?: number;
  readonly entries?: number;
  readonly unit?: UnitResult;
}

/** The request is a file; the measurement is written beside it. */
export async function runTreePhase(requestFile: string): Promise<void> {
  const request = JSON.parse(readFileSync(requestFile, 'utf8')) as PhaseRequest;
  const startedAt = systemClock.monotonic();
  const result = await runPhase(request, await contextOf(request));
  const { user, system } = process.cpuUsage();
  const measurement: PhaseMeasurement = {
    ...result,
    cpuSeconds: (user + system) / 1e6,
    wallSeconds: (systemClock.monotonic() - startedAt) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  writeFileSync(`${requestFile}.result`, JSON.stringify(measurement));
}

async function contextOf({ work }: PhaseRequest): Promise<RepositoryContext> {
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

type Outcome = Omit<PhaseMeasurement, 'cpuSeconds' | 'wallSeconds' | 'peakRssBytes'>;

async function runPhase(request: PhaseRequest, context: RepositoryContext): Promise<Outcome> {
  const newest = request.units.at(-1);
  switch (request.phase) {
    case 'full':
      return dump(request, context, {});
    case 'unchanged':
    case 'changed':
      return dump(request, context, newest === undefined ? {} : { previous: newest });
    case 'reread':
      // A function without a disk knows no earlier metadata: everything is read, nothing is stored twice.
      return dump(request, context, {});
    case 'verify': {
      const proof = await verifyUnit(context, newest!, { skipAttempts: new Set() });
      return { sourceBytes: newest!.sizeBytes, storedBytes: proof.verifiedBytes, entries: newest!.entries };
    }
    case 'restore':
      return restore(request, context, newest!);
  }
}

async function dump(
  request: PhaseRequest,
  context: RepositoryContext,
  base: { previous?: UnitResult },
): Promise<Outcome> {
  const writer = await createUnitWriter({
    context,
    attempt: context.ids.next('att'),
    unit: 'path/0',
    compression: request.compression,
    chunking: 'files',
    indexes: request.units.map(({ attempt, index }) => ({ attempt, pin: index })),
    ...base,
  });
  const facts =
    request.reader === 'plain' ? await dumpPlainTree(request.source, writer) : await dumpByEngine(request, writer);
  const unit = await writer.seal(facts);
  return { unit, sourceBytes: unit.sizeBytes, storedBytes: unit.storedBytes, entries: unit.entries };
}

async function dumpByEngine(request: PhaseRequest, writer: UnitWriter) {
  const { engine, source, context } = await engineOf(request);
  return engine.dump(source, { name: 'path/0', sizeBytesEstimate: 0, spec: { path: request.source } }, writer, context);
}

async function restore(request: PhaseRequest, context: RepositoryContext, unit: UnitResult): Promise<Outcome> {
  const reader = await openUnit(context, unit);
  const target = join(request.work, 'restored');
  if (request.reader === 'plain')
    return { sourceBytes: unit.sizeBytes, entries: await restorePlainTree(reader, target) };
  const { engine, source, context: engineContext } = await engineOf(request);
  const result = await engine.restore(
    source,
    [reader],
    {
      target: { kind: 'directory', path: target },
      selectedTables: [],
      selectedPaths: [],
      mayOverwrite: false,
      progress: () => undefined,
    },
    engineContext,
  );
  return { sourceBytes: unit.sizeBytes, entries: result.restoredEntries };
}

async function engineOf({ source, work }: PhaseRequest) {
  // Loaded only when wanted: a plain run shall not pay for the engine's start.
  const { filesEngine } = await import('../lib/engines/files/engine.ts');
  const engine = filesEngine();
  const context: EngineContext = {
    clock: systemClock,
    secrets: createSecretSource({}),
    log: silentLog,
    signal: new AbortController().signal,
    scratchDir: join(work, 'scratch'),
  };
  return {
    engine,
    source: { store: 'bench', method: 'tree', settings: engine.parseSettings('tree', { paths: [source] }) },
    context,
  };
}
