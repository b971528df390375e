// One phase of the tree benchmark, alone in its process, so that processor time and peak memory are its own.

import { join } from 'node:path';

import type { UnitResult } from '../lib/domain/backup-record.ts';
import type { StorePolicy } from '../lib/domain/store-policy.ts';
import type { RepositoryContext } from '../lib/repository/repository-context.ts';
import { openUnit } from '../lib/repository/unit-reader.ts';
import type { UnitWriter } from '../lib/repository/unit-writer.ts';
import { createUnitWriter } from '../lib/repository/unit-writer.ts';
import { verifyUnit } from '../lib/repository/verify-unit.ts';
import { benchEngineContext, benchRepository } from './bench-repository.ts';
import { answerPhase } from './phase-process.ts';
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

export interface PhaseOutcome {
  readonly sourceBytes: number;
  readonly storedBytes?: number;
  readonly entries?: number;
  readonly unit?: UnitResult;
}

export const runTreePhase = (requestFile: string): Promise<void> =>
  answerPhase<PhaseRequest>(requestFile, async (request) => runPhase(request, await benchRepository(request.work)));

async function runPhase(request: PhaseRequest, context: RepositoryContext): Promise<PhaseOutcome> {
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
): Promise<PhaseOutcome> {
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

async function restore(request: PhaseRequest, context: RepositoryContext, unit: UnitResult): Promise<PhaseOutcome> {
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
  return {
    engine,
    source: { store: 'bench', method: 'tree', settings: engine.parseSettings('tree', { paths: [source] }) },
    context: benchEngineContext(work),
  };
}
