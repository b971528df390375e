// One phase of the PostgreSQL benchmark, alone in its process: a physical dump, a verification or a restore.

import type { UnitResult } from '../lib/domain/backup-record.ts';
import type { StorePolicy } from '../lib/domain/store-policy.ts';
import { postgresql } from '../lib/engines/postgresql/engine.ts';
import type { EngineSource } from '../lib/ports/engine.ts';
import type { RepositoryContext } from '../lib/repository/repository-context.ts';
import { openUnit } from '../lib/repository/unit-reader.ts';
import { createUnitWriter } from '../lib/repository/unit-writer.ts';
import { verifyUnit } from '../lib/repository/verify-unit.ts';
import { benchEngineContext, benchRepository } from './bench-repository.ts';
import { answerPhase } from './phase-process.ts';

export const POSTGRESQL_PHASES = ['full', 'unchanged', '1% range', '1% spread', 'verify', 'restore'] as const;
export type PostgresqlPhase = (typeof POSTGRESQL_PHASES)[number];

export interface PhaseRequest {
  readonly phase: PostgresqlPhase;
  readonly port: number;
  readonly work: string;
  /** Where the restore goes: not there yet. */
  readonly target: string;
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

export const runPostgresqlPhase = (requestFile: string): Promise<void> =>
  answerPhase<PhaseRequest>(requestFile, async (request) => runPhase(request, await benchRepository(request.work)));

async function runPhase(request: PhaseRequest, repository: RepositoryContext): Promise<PhaseOutcome> {
  const newest = request.units.at(-1);
  switch (request.phase) {
    case 'verify': {
      const proof = await verifyUnit(repository, newest!, { skipAttempts: new Set() });
      return { sourceBytes: newest!.sizeBytes, storedBytes: proof.verifiedBytes, entries: newest!.entries };
    }
    case 'restore':
      return await restore(request, repository, newest!);
    default:
      return await dump(request, repository, newest);
  }
}

const sourceOf = ({ port }: PhaseRequest): EngineSource => ({
  store: 'bench',
  method: 'physical',
  settings: postgresql.parseSettings('physical', { host: '127.0.0.1', port, user: 'postgres' }),
});

/** As a worker does it: deduplicated against all earlier backups. */
async function dump(
  request: PhaseRequest,
  repository: RepositoryContext,
  previous: UnitResult | undefined,
): Promise<PhaseOutcome> {
  const [source, context] = [sourceOf(request), benchEngineContext(request.work)];
  const [unit] = await postgresql.plan(source, context);
  if (unit === undefined) throw new Error('the engine planned nothing');
  const writer = await createUnitWriter({
    context: repository,
    attempt: repository.ids.next('att'),
    unit: unit.name,
    compression: request.compression,
    chunking: 'dump',
    indexes: request.units.map(({ attempt, index }) => ({ attempt, pin: index })),
    ...(previous !== undefined && { previous }),
  });
  const made = await writer.seal(await postgresql.dump(source, unit, writer, context));
  return { unit: made, sourceBytes: made.sizeBytes, storedBytes: made.storedBytes, entries: made.entries };
}

async function restore(request: PhaseRequest, repository: RepositoryContext, unit: UnitResult): Promise<PhaseOutcome> {
  const target = { kind: 'data-directory', path: request.target } as const;
  const options = { target, selectedTables: [], selectedPaths: [], mayOverwrite: false, progress: () => undefined };
  const reader = await openUnit(repository, unit);
  const scratch = benchEngineContext(request.work);
  const result = await postgresql.restore(sourceOf(request), [reader], options, scratch);
  return { sourceBytes: unit.sizeBytes, entries: result.restoredEntries };
}
