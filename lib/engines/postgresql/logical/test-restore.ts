// Proves that a logical backup can be restored: into a scratch server, compared table by table with what the snapshot had, and dropped.

import { z } from 'zod';

import type { Fingerprint } from '../../../domain/backup-record.ts';
import type { ErrorName } from '../../../domain/errors.ts';
import { HoldfastError, asHoldfastError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { Engine, EngineContext, EngineSource, PointReader } from '../../../ports/engine.ts';
import { findProgram } from '../programs.ts';
import { SCRATCH_SUPERUSER, startScratchCluster } from '../scratch-cluster.ts';
import { withScratchPlace } from '../scratch-place.ts';
import type { LogicalSettings } from '../settings.ts';
import { logicalSettings } from '../settings.ts';
import { GLOBALS_END_MARK, GLOBALS_FILE, GLOBALS_UNIT, isDatabaseUnit } from './layout.ts';
import type { RestoredDatabase } from './restore-database.ts';
import { restoreAndDrop } from './restore.ts';

type TestResult = Awaited<ReturnType<Engine['testRestore']>>;

/** A server the databases may be restored to and dropped from again; or the source itself, when somebody says so. */
const scratchSchema = z.union([
  z.strictObject({ onSource: z.literal(true) }),
  z.strictObject({ serverBinDir: z.string().startsWith('/') }),
  z.looseObject({ host: z.string(), onSource: z.undefined().optional(), serverBinDir: z.undefined().optional() }),
]);

const FAILED: readonly ErrorName[] = [
  'RestoreMismatch',
  'IntegrityViolation',
  'ObjectCorrupted',
  'DumpIncomplete',
  'DumpToolFailed',
];
const INCONCLUSIVE: readonly ErrorName[] = [
  'CapabilityUnsupported',
  'DumpToolMissing',
  'SourceVersionUnsupported',
  'SourceUnreachable',
  'SourcePrivilegeMissing',
  'SourceAuthenticationFailed',
  'InvalidConfiguration',
];
/** What the scratch server lacks and the source had (trap 50). */
const ENVIRONMENT_CAUSE =
  /extension ".*" is not available|could not open extension control file|could not access file "\$libdir|could not load library|collation ".*" .*does not exist|No space left/;
/** Newer servers take older dumps, so that these many majors are looked for. */
const MAJORS_AHEAD = 4;

export async function testRestoreLogical(
  source: EngineSource,
  units: readonly PointReader[],
  scratch: JsonObject | undefined,
  context: EngineContext,
): Promise<TestResult> {
  const startedAt = context.clock.monotonic();
  const result = (
    verdict: TestResult['verdict'],
    detail: string,
    restored: readonly RestoredDatabase[] = [],
  ): TestResult => ({
    verdict,
    detail,
    restoreSeconds: Math.round(context.clock.monotonic() - startedAt) / 1000,
    restoredBytes: restored.reduce((sum, one) => sum + one.restoredBytes, 0),
    fingerprints: restored.flatMap(({ database, compared }) =>
      compared.map((one) => ({ ...one, name: `${database}.${one.name}` })),
    ),
  });
  try {
    await assertGlobalsWhole(units);
    const restored = await restoreSomewhere(source, units, scratch, context);
    return result('passed', describe(restored.flatMap((one) => one.compared)), restored);
  } catch (error) {
    const { name, message, facts } = asHoldfastError(error);
    const isEnvironment = facts['isEnvironment'] === true || ENVIRONMENT_CAUSE.test(message);
    if (isEnvironment || INCONCLUSIVE.includes(name)) return result('inconclusive', message);
    if (FAILED.includes(name)) return result('failed', message);
    throw error;
  }
}

async function restoreSomewhere(
  source: EngineSource,
  units: readonly PointReader[],
  scratch: JsonObject | undefined,
  context: EngineContext,
): Promise<readonly RestoredDatabase[]> {
  const own = logicalSettings(source.settings);
  if (scratch === undefined) return restoreInOwnServer(own, units, own.serverBinDir, context);
  const parsed = scratchSchema.safeParse(scratch);
  if (!parsed.success) {
    throw new HoldfastError('InvalidConfiguration', 'scratch must be a server, a serverBinDir, or onSource: true', {
      path: 'scratch',
    });
  }
  const { data } = parsed;
  if ('onSource' in data) return restoreAndDrop(own, units, context);
  if ('serverBinDir' in data) return restoreInOwnServer(own, units, data.serverBinDir, context);
  const tools = own.clientBinDir === undefined ? {} : { clientBinDir: own.clientBinDir };
  return restoreAndDrop(logicalSettings({ ...tools, ...scratch }), units, context);
}

async function restoreInOwnServer(
  own: LogicalSettings,
  units: readonly PointReader[],
  serverBinDir: string | undefined,
  context: EngineContext,
): Promise<readonly RestoredDatabase[]> {
  const major = Math.max(...units.map((unit) => Number(unit.facts.details['majorVersion'] ?? 0)));
  const majors = Array.from({ length: MAJORS_AHEAD + 1 }, (_, index) => major + index);
  const program = await findProgram('postgres', majors, serverBinDir);
  if (!program) {
    throw new HoldfastError(
      'CapabilityUnsupported',
      `no scratch server is configured, and none of PostgreSQL ${major} or later is installed here`,
    );
  }
  return withScratchPlace(context.scratchDir, async (place) => {
    const server = await startScratchCluster(program.path, place, context);
    try {
      const { host, port } = server;
      const { clientBinDir, allowVulnerableClient } = own;
      const tools = clientBinDir === undefined ? {} : { clientBinDir };
      const settings = logicalSettings({
        host,
        port,
        user: SCRATCH_SUPERUSER,
        tls: 'off',
        allowVulnerableClient,
        ...tools,
      });
      return await restoreAndDrop(settings, units, context, { createsRoles: true });
    } finally {
      await server.stop();
    }
  });
}

/** @throws RestoreMismatch */
async function assertGlobalsWhole(units: readonly PointReader[]): Promise<void> {
  for (const reader of units.filter((unit) => unit.unit === GLOBALS_UNIT)) {
    let text = '';
    for await (const entry of reader.entries()) {
      if (entry.path.toString('utf8') !== GLOBALS_FILE) continue;
      for await (const piece of reader.read(entry)) text = (text + Buffer.from(piece).toString('latin1')).slice(-1000);
    }
    if (!text.includes(GLOBALS_END_MARK))
      throw new HoldfastError('RestoreMismatch', 'the roles of the recovery point have no end mark');
  }
  if (!units.some((unit) => isDatabaseUnit(unit.unit)))
    throw new HoldfastError('RestoreMismatch', 'the recovery point holds no database');
}

function describe(compared: readonly Fingerprint[]): string {
  const rows = compared.reduce((sum, one) => sum + one.count, 0);
  return `restored into a scratch server; ${compared.length} tables with ${rows} rows are equal to those of the snapshot`;
}
