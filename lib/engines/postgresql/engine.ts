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
import { dumpDatabase } from './logical/dump.ts';
import { dumpGlobals } from './logical/globals.ts';
import { GLOBALS_UNIT } from './logical/layout.ts';
import { planLogical, probeLogical } from './logical/probe.ts';
import { restoreLogical } from './logical/restore.ts';
import { testRestoreLogical } from './logical/test-restore.ts';
import { dumpPhysical } from './physical/dump.ts';
import { PHYSICAL_UNIT } from './physical/layout.ts';
import { probePhysical } from './physical/probe.ts';
import { restorePhysical } from './physical/restore.ts';
import { testRestorePhysical } from './physical/test-restore.ts';
import type { Method } from './settings.ts';
import { isMethod, parseSettings } from './settings.ts';

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

const LOGICAL: MethodCapabilities = {
  method: 'logical',
  summary:
    "each database by pg_dump inside one snapshot, with the roles; PostgreSQL 10 and later; client programs of the server's major needed",
  backupTypes: ['full'],
  consistency: 'snapshot',
  transport: 'pull',
  restoreTargets: ['database', 'in-place'],
  partialRestore: 'tables',
  hasLogArchive: false,
  hasPointInTime: false,
  hasFingerprints: true,
  usesPreviousPoint: false,
};

/** What each method does; parseSettings has refused every other name before. */
type MethodParts = Pick<Engine, 'probe' | 'plan' | 'dump' | 'restore' | 'testRestore'>;
const PARTS: Readonly<Record<Method, MethodParts>> = {
  physical: {
    probe: probePhysical,
    plan: planPhysical,
    dump: (source, _unit, sink, context) => dumpPhysical(source, sink, context),
    restore: restoreUnits,
    testRestore: testRestorePhysical,
  },
  logical: {
    probe: probeLogical,
    plan: planLogical,
    dump: (source, unit, sink, context) =>
      unit.name === GLOBALS_UNIT ? dumpGlobals(source, sink, context) : dumpDatabase(source, unit, sink, context),
    restore: restoreLogical,
    testRestore: testRestoreLogical,
  },
};

export const postgresql: Engine = {
  name: 'postgresql',
  aliases: ['postgres', 'pg_dump', 'pg_basebackup'],
  methods: [PHYSICAL, LOGICAL],
  parseSettings,
  probe: (source, context) => partsOf(source).probe(source, context),
  plan: (source, context) => partsOf(source).plan(source, context),
  dump: (source, unit, sink, context) => partsOf(source).dump(source, unit, sink, context),
  restore: (source, units, request, context) => partsOf(source).restore(source, units, request, context),
  testRestore: (source, units, scratch, context) => partsOf(source).testRestore(source, units, scratch, context),
};

function partsOf({ method }: EngineSource): MethodParts {
  if (isMethod(method)) return PARTS[method];
  throw new HoldfastError('CapabilityUnsupported', `PostgreSQL has no backup method '${method}'`, { method });
}

async function planPhysical(source: EngineSource, context: EngineContext): Promise<readonly DumpUnit[]> {
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
