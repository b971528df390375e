// Restores databases of a logical backup: into new databases of a server, or, after a typed confirmation, in the place of the live ones,
// which then stay under another name.

import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { EngineContext, EngineSource, PointReader, RestoreRequest, RestoreResult } from '../../../ports/engine.ts';
import type { LogicalSettings } from '../settings.ts';
import { connectionTarget, logicalSettings } from '../settings.ts';
import { isDatabaseUnit } from './layout.ts';
import { openPinned, serverVersion } from './pinned-session.ts';
import type { DatabasePoint, RestoredDatabase } from './restore-database.ts';
import { readDatabasePoint, restoreDatabase, rolesOf } from './restore-database.ts';
import type { Table } from './tables.ts';
import { selectTables } from './tables.ts';
import { TargetServer, derivedName } from './target-server.ts';

interface Chosen {
  readonly reader: PointReader;
  readonly point: DatabasePoint;
  readonly tables: readonly Table[];
}

/** @throws RestoreTargetNotEmpty, ConfirmationRequired, RestoreMismatch, NotFound (a table), CapabilityUnsupported, DumpToolFailed */
export async function restoreLogical(
  source: EngineSource,
  units: readonly PointReader[],
  request: RestoreRequest,
  context: EngineContext,
): Promise<RestoreResult> {
  assertPossible(request);
  const chosen = await choose(units, request.selectedTables);
  const settings = targetSettings(source, request);
  const server = await openServer(settings, context);
  try {
    const results: (RestoredDatabase & { readonly finalName: string })[] = [];
    for (const one of chosen) {
      const finalName = finalNameOf(one.point.database, chosen.length, request, context);
      await assertFree(server, finalName, request);
      const restored = await restoreDatabase({ server, ...one, settings, progress: request.progress }, context);
      results.push({
        ...restored,
        finalName,
        warnings: [...restored.warnings, ...(await publish(server, restored.name, finalName, context))],
      });
    }
    return summary(results, units);
  } finally {
    await server.close();
  }
}

/** For a restore that nobody will use: compares and drops. */
export async function restoreAndDrop(
  settings: LogicalSettings,
  units: readonly PointReader[],
  context: EngineContext,
  { createsRoles = false } = {},
): Promise<readonly RestoredDatabase[]> {
  const server = await openServer(settings, context);
  try {
    const results: RestoredDatabase[] = [];
    for (const one of await choose(units, [])) {
      if (createsRoles) await server.createRoles(rolesOf(one.point));
      const restored = await restoreDatabase({ server, ...one, settings, progress: () => undefined }, context);
      await server.drop(restored.name);
      results.push(restored);
    }
    return results;
  } finally {
    await server.close();
  }
}

function assertPossible({ target, selectedPaths, mayOverwrite }: RestoreRequest): void {
  if (target.kind !== 'database' && target.kind !== 'in-place') {
    throw new HoldfastError(
      'CapabilityUnsupported',
      `a logical backup of PostgreSQL is restored into databases, not to '${target.kind}'`,
      {
        target: target.kind,
      },
    );
  }
  if (selectedPaths.length > 0)
    throw new HoldfastError('CapabilityUnsupported', 'a logical backup holds tables, not files');
  if (target.kind === 'in-place' && !mayOverwrite) {
    throw new HoldfastError('ConfirmationRequired', 'unable to restore over the live databases without confirmation');
  }
}

/** Reads every unit's contents before anything is touched. Tables are looked for in all of them. */
async function choose(units: readonly PointReader[], names: readonly string[]): Promise<readonly Chosen[]> {
  const readers = units.filter((reader) => isDatabaseUnit(reader.unit));
  if (readers.length === 0) throw new HoldfastError('CapabilityUnsupported', 'none of the chosen units is a database');
  const all: Chosen[] = [];
  for (const reader of readers) all.push({ reader, point: await readDatabasePoint(reader), tables: [] });
  if (names.length === 0) return all;
  const found = names.map((name) => findTable(all, name));
  return all
    .map((one) => ({ ...one, tables: found.filter(({ owner }) => owner === one).map(({ table }) => table) }))
    .filter((one) => one.tables.length > 0);
}

/** `schema.table` or `table`, with `database.` before it when several have one of that name. @throws NotFound, InvalidRequest */
function findTable(all: readonly Chosen[], name: string): { readonly owner: Chosen; readonly table: Table } {
  const matches = all.flatMap((owner) => {
    const prefix = `${owner.point.database}.`;
    const tables = tablesOf(owner.point);
    const names = name.startsWith(prefix) ? [name, name.slice(prefix.length)] : [name];
    for (const candidate of names) {
      try {
        return selectTables(tables, [candidate]).map((table) => ({ owner, table }));
      } catch (error) {
        if (!hasErrorName(error, 'NotFound')) throw error;
      }
    }
    return [];
  });
  const [match] = matches;
  if (!match) throw new HoldfastError('NotFound', `unable to find table '${name}' in the backup`, { table: name });
  if (matches.length > 1)
    throw new HoldfastError('InvalidRequest', `several databases have a table '${name}'; write database.${name}`, {
      table: name,
    });
  return match;
}

const tablesOf = ({ head }: DatabasePoint): readonly Table[] =>
  head.entries
    .filter((entry) => entry.description === 'TABLE')
    .map((entry) => ({ schema: entry.namespace, name: entry.tag }));

function targetSettings(source: EngineSource, { target }: RestoreRequest): LogicalSettings {
  const own = logicalSettings(source.settings);
  const given = target.kind === 'database' ? target.settings : {};
  // Tools are looked for where the source's are, unless the target says otherwise.
  const tools = { clientBinDir: own.clientBinDir, allowVulnerableClient: own.allowVulnerableClient };
  return target.kind === 'in-place' ? own : logicalSettings(withoutUndefined({ ...tools, ...given }));
}

async function openServer(settings: LogicalSettings, context: EngineContext): Promise<TargetServer> {
  const connection = await openPinned(await connectionTarget(settings, context), context);
  try {
    const { major } = await serverVersion(connection);
    const [row] = await connection.query("SELECT current_setting('is_superuser') AS superuser");
    return new TargetServer(connection, { major, isSuperuser: row?.['superuser'] === 'on' });
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

function finalNameOf(database: string, count: number, { target }: RestoreRequest, context: EngineContext): string {
  if (target.kind === 'in-place') return database;
  const name = target.kind === 'database' ? target.database : undefined;
  if (name === undefined) return derivedName(database, 'restored', context.clock.now());
  if (count === 1) return name;
  throw new HoldfastError(
    'InvalidRequest',
    `unable to restore ${count} databases under the one name '${name}'; choose one unit, or give no name`,
    { count },
  );
}

async function assertFree(server: TargetServer, name: string, { target }: RestoreRequest): Promise<void> {
  if (target.kind === 'in-place' || !(await server.exists(name))) return;
  throw new HoldfastError('RestoreTargetNotEmpty', `unable to restore into database '${name}': it exists`, {
    database: name,
  });
}

/** Everything was compared; what remains are changes of names. */
async function publish(
  server: TargetServer,
  unfinished: string,
  finalName: string,
  context: EngineContext,
): Promise<readonly string[]> {
  if (!(await server.exists(finalName))) {
    await server.rename(unfinished, finalName);
    return [];
  }
  const kept = derivedName(finalName, 'before', context.clock.now());
  await server.replace(finalName, kept, unfinished);
  return [`the database that was there before is kept as '${kept}'; drop it when it is of no use any more`];
}

function summary(
  results: readonly (RestoredDatabase & { readonly finalName: string })[],
  units: readonly PointReader[],
): RestoreResult {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const tables = sum(results.map((one) => one.compared.length));
  const rows = sum(results.flatMap((one) => one.compared.map((fingerprint) => fingerprint.count)));
  const names = results.map((one) => `'${one.finalName}'`).join(', ');
  const hasGlobals = units.some((reader) => !isDatabaseUnit(reader.unit));
  return {
    restoredBytes: sum(results.map((one) => one.restoredBytes)),
    restoredEntries: sum(results.map((one) => one.restoredEntries)),
    compared: {
      equal: true,
      count: tables,
      detail: `${tables} tables with ${rows} rows are equal to the backup's, in ${names}`,
    },
    warnings: [
      ...new Set(results.flatMap((one) => one.warnings)),
      ...(hasGlobals ? ['roles and tablespaces (globals.sql) were not applied: they belong to the whole server'] : []),
    ],
  };
}

const withoutUndefined = (fields: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
