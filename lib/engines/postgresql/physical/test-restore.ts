// Proves that a physical backup can be restored: into a scratch directory, compared with the server's manifest, and, where a server of
// that major is installed, started and read table by table.

import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { HoldfastError, asHoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { Engine, EngineContext, EngineSource, PointReader } from '../../../ports/engine.ts';
import { physicalSettings } from '../settings.ts';
import { readEveryTable } from './read-tables.ts';
import { restorePhysical } from './restore.ts';
import { SELF_DIRECTORY, ScratchServer } from './scratch-server.ts';
import { findServerProgram } from './server-programs.ts';

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

const NOBODY = 65_534;
const ROOT_UID = 0;
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
  const place = join(scratch.directory ?? context.scratchDir, 'postgresql-test-restore');
  const owner = process.getuid?.() === ROOT_UID ? await serverUser() : undefined;
  await mkdir(place, { mode: 0o700 });
  // The restored directory takes the owner of the place it lies in.
  if (owner) await chown(place, owner.uid, owner.gid);
  try {
    return await restoreAndRead(source, unit, { scratch, path: join(place, 'data'), owner }, context);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
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
  const program = await findServerProgram(major, scratch.serverBinDir ?? settings.serverBinDir);
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
      { program, dataDirectory: path, owner, startSecondsMax: scratch.startSecondsMax, users },
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

/** Debian's user when there is one, otherwise "nobody", which every Linux has under this number. */
async function serverUser(): Promise<{ readonly uid: number; readonly gid: number }> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const line = lines.find(([name]) => name === 'postgres');
  return line ? { uid: Number(line[2]), gid: Number(line[3]) } : { uid: NOBODY, gid: NOBODY };
}
