// The PostgreSQL engine: physical backups of a whole cluster over the replication protocol, logical dumps of databases.

import { HoldfastError } from '../../domain/errors.ts';
import type {
  DumpUnit,
  Engine,
  EngineContext,
  EngineSource,
  MethodCapabilities,
  RestoreRequest,
  RestoreResult,
} from '../../ports/engine.ts';
import { dumpPhysical } from './physical/dump.ts';
import { PHYSICAL_UNIT } from './physical/layout.ts';
import { probePhysical } from './physical/probe.ts';
import { restorePhysical } from './physical/restore.ts';
import { testRestorePhysical } from './physical/test-restore.ts';
import { parseSettings } from './settings.ts';

const PHYSICAL: MethodCapabilities = {
  method: 'physical',
  summary:
    'the whole cluster, file by file, over the replication protocol; PostgreSQL 15 and later; no client programs needed',
  // Deduplicated against earlier backups, and still always a full: nothing that it needs can be missing from a chain.
  backupTypes: ['full'],
  consistency: 'snapshot',
  transport: 'pull',
  restoreTargets: ['data-directory'],
  partialRestore: 'none',
  hasLogArchive: false,
  hasPointInTime: false,
  hasFingerprints: false,
  usesPreviousPoint: false,
};

export const postgresql: Engine = {
  name: 'postgresql',
  aliases: ['postgres', 'pg_dump', 'pg_basebackup'],
  methods: [PHYSICAL],
  parseSettings,
  probe: (source, context) => probePhysical(source, context),
  plan: planUnits,
  dump: (source, _unit, sink, context) => dumpPhysical(source, sink, context),
  restore: restoreUnits,
  testRestore: (source, units, scratch, context) => testRestorePhysical(source, units, scratch, context),
};

async function planUnits(source: EngineSource, context: EngineContext): Promise<readonly DumpUnit[]> {
  const { sizeBytesEstimate } = await probePhysical(source, context);
  return [{ name: PHYSICAL_UNIT, sizeBytesEstimate, spec: {} }];
}

async function restoreUnits(
  _source: EngineSource,
  units: Parameters<Engine['restore']>[1],
  request: RestoreRequest,
  context: EngineContext,
): Promise<RestoreResult> {
  const [unit] = units;
  if (request.target.kind !== 'data-directory' || units.length !== 1 || !unit) {
    throw new HoldfastError(
      'CapabilityUnsupported',
      'a physical backup of PostgreSQL is restored whole, into a new data directory',
      {
        target: request.target.kind,
      },
    );
  }
  if (request.selectedTables.length > 0 || request.selectedPaths.length > 0) {
    throw new HoldfastError(
      'CapabilityUnsupported',
      "a physical backup cannot be restored in parts; the method 'logical' can restore one table",
    );
  }
  return restorePhysical(
    unit,
    { path: request.target.path, processUid: process.getuid?.() },
    request.progress,
    context,
  );
}
