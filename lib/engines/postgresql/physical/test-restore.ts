// Proves that a physical backup can be restored: into a scratch directory, compared with the server's manifest, and, where a server of
// that major is installed, started and read table by table.

import { join } from 'node:path';

import { z } from 'zod';

import { HoldfastError, asHoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { Engine, EngineContext, EngineSource, PointReader } from '../../../ports/engine.ts';
import { physicalSettings } from '../settings.ts';
import { readEveryTable } from './read-tables.ts';
import { restorePhysical } from './restore.ts';
import { SELF_DIRECTORY, ScratchServer } from '../scratch-server.ts';
import { findProgram } from '../programs.ts';
import { withScratchPlace } from '../scratch-place.ts';

type TestResult = Awaited<ReturnType<Engine['testRestore']>>;

const scratchSchema = z.strictObject({
  /** A folder with room for the whole cluster; the worker's own scratch folder when absent. */
  directory: z.string().startsWith('/').optional(),
  serverBinDir: z.string().startsWith('/').optional(),
  /** `require`: without an installed server the test is inconclusive. `allow`: comparing files counts as a pass then. */
  start: z.enum(['require', 'allow', 'never']).default('allow'),
  startSecondsMax: z.int().min(1).default(600),
});
type Scratch = z.infer<typeof scratchSchema>;

const FAILED_PROOF = [
  'RestoreMismatch',
  'IntegrityViolation',
  'DumpIncomplete',
  'UnsafePath',
  'ObjectCorrupted',
] as const;

export async function testRestorePhysical(
  source: EngineSource,
  units: readonly PointReader[],
  scratchSettings: JsonObject | undefined,
  context: EngineContext,
): Promise<TestResult> {
  const scratch = parseScratch(scratchSettings);
  const [unit] = units;
  if (units.length !== 1 || !unit)
    throw new HoldfastError('CapabilityUnsupported', 'a physical backup of PostgreSQL has one unit');
  // The restored directory takes the owner of the place it lies in.
  return withScratchPlace(scratch.directory ?? context.scratchDir, ({ path, owner }) =>
    restoreAndRead(source, unit, { scratch, path: join(path, 'data'), owner }, context),
  );
}

interface Place {
  readonly scratch: Scratch;
  readonly path: string;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

async function restoreAndRead(
  source: EngineSource,
  unit: PointReader,
  place: Place,
  context: EngineContext,
): Promise<TestResult> {
  const { path, owner } = place;
  const startedAt = context.clock.monotonic();
  const seconds = (): number => Math.round(context.clock.monotonic() - startedAt) / 1000;
  const options = { path, processUid: process.getuid?.(), ...(owner && { linkRoot: SELF_DIRECTORY }) };
  const result = (verdict: TestResult['verdict'], detail: string, restoredBytes: number): TestResult => ({
    verdict,
    detail,
    restoreSeconds: seconds(),
    restoredBytes,
    fingerprints: [],
  });
  let restored;
  try {
    restored = await restorePhysical(unit, options, () => undefined, context);
  } catch (error) {
    if (!hasErrorName(error, ...FAILED_PROOF)) throw error;
    return result('failed', asHoldfastError(error).message, 0);
  }
  const { verdict, detail } = await startAndRead(source, unit, place, context);
  return result(verdict, `${restored.compared.detail}; ${detail}`, restored.restoredBytes);
}

async function startAndRead(
  source: EngineSource,
  unit: PointReader,
  { scratch, path, owner }: Place,
  context: EngineContext,
): Promise<Pick<TestResult, 'verdict' | 'detail'>> {
  const settings = physicalSettings(source.settings);
  const major = Number(unit.facts.details['majorVersion']);
  if (scratch.start === 'never') return { verdict: 'passed', detail: 'no server was started, as configured' };
  // Data directories can be read by their own major only.
  const program = await findProgram('postgres', [major], scratch.serverBinDir ?? settings.serverBinDir);
  if (program === undefined) {
    const verdict = scratch.start === 'require' ? 'inconclusive' : 'passed';
    return {
      verdict,
      detail: `the files were compared only: no PostgreSQL ${major} server is installed here to start on them`,
    };
  }
  let server: ScratchServer | undefined;
  try {
    const users = [...new Set(['postgres', settings.user])];
    server = await ScratchServer.start(
      { program: program.path, dataDirectory: path, owner, startSecondsMax: scratch.startSecondsMax, users },
      context,
    );
    const read = await readEveryTable(server);
    return {
      verdict: 'passed',
      detail: `PostgreSQL ${major} recovered and read ${read.rows} rows of ${read.tables} tables in ${read.databases} databases`,
    };
  } catch (error) {
    if (hasErrorName(error, 'ExecutionStopped')) throw error;
    const known = asHoldfastError(error);
    return { verdict: known.facts['isEnvironment'] === true ? 'inconclusive' : 'failed', detail: known.message };
  } finally {
    await server?.stop();
  }
}

function parseScratch(settings: JsonObject | undefined): Scratch {
  const result = scratchSchema.safeParse(settings ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new HoldfastError('InvalidConfiguration', `scratch settings: '${path}' ${issue?.message ?? ''}`, { path });
}
