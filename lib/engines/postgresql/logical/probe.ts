// Reaches the server as a logical backup will: version, size, what the role may read, and whether the client programs are here.

import { HoldfastError, asHoldfastError } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';
import type { DumpUnit, EngineContext, EngineSource, ProbeResult } from '../../../ports/engine.ts';
import type { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import type { LogicalSettings } from '../settings.ts';
import { connectionTarget, logicalSettings } from '../settings.ts';
import { findClientTool, vulnerabilityWarnings } from './client-tools.ts';
import { databaseUnit, GLOBALS_UNIT } from './layout.ts';
import { openPinned, serverVersion } from './pinned-session.ts';
import { systemIdentifier } from './snapshot.ts';
import { quoteIdentifier } from './tables.ts';

/** Client programs of 15 and later still read it, and every statement of ours works there. */
export const LOGICAL_MAJOR_MIN = 10;
const READ_ALL_SINCE = 14;
const GLOBALS_BYTES_ESTIMATE = 64 * 1024;

interface Database {
  readonly name: string;
  readonly sizeBytes: number;
}

/** @throws SourceUnreachable, SourceAuthenticationFailed, SourceVersionUnsupported, NotFound (a named database is missing) */
export async function probeLogical(source: EngineSource, context: EngineContext): Promise<ProbeResult> {
  const settings = logicalSettings(source.settings);
  return withServer(source, context, async (connection) => {
    const { version, major } = await serverVersion(connection);
    assertMajor(version, major);
    const databases = await listDatabases(connection, settings);
    return {
      version,
      identity: await systemIdentifier(connection),
      sizeBytesEstimate: databases.reduce((sum, database) => sum + database.sizeBytes, 0),
      problems: [...(await privilegeProblems(connection, settings, major)), ...(await toolProblems(settings, major))],
    };
  });
}

/** One unit for the globals, one per database. */
export async function planLogical(source: EngineSource, context: EngineContext): Promise<readonly DumpUnit[]> {
  const settings = logicalSettings(source.settings);
  return withServer(source, context, async (connection) => {
    const { version, major } = await serverVersion(connection);
    assertMajor(version, major);
    const databases = await listDatabases(connection, settings);
    if (databases.length >= LIMITS.unitsMax) {
      const count = databases.length;
      throw new HoldfastError(
        'InvalidConfiguration',
        `${count} databases are more than one backup can hold; name some as databases, in several stores`,
        {
          path: 'databases',
          count,
        },
      );
    }
    const units = databases.map(({ name, sizeBytes }) => ({
      name: databaseUnit(name),
      sizeBytesEstimate: sizeBytes,
      spec: { database: name },
    }));
    return [{ name: GLOBALS_UNIT, sizeBytesEstimate: GLOBALS_BYTES_ESTIMATE, spec: {} }, ...units];
  });
}

async function withServer<T>(
  source: EngineSource,
  context: EngineContext,
  work: (connection: PostgresqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await openPinned(await connectionTarget(logicalSettings(source.settings), context), context);
  try {
    const result = await work(connection);
    await connection.close();
    return result;
  } finally {
    connection.destroy();
  }
}

function assertMajor(version: string, major: number): void {
  if (major >= LOGICAL_MAJOR_MIN) return;
  throw new HoldfastError(
    'SourceVersionUnsupported',
    `unable to dump PostgreSQL ${version}: it needs ${LOGICAL_MAJOR_MIN} or later`,
    { version },
  );
}

/** @throws NotFound when a database that the settings name is not there: a backup without it would look complete */
async function listDatabases(
  connection: PostgresqlConnection,
  settings: LogicalSettings,
): Promise<readonly Database[]> {
  const rows = await connection.query(
    `SELECT datname AS name, CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END AS size
     FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname`,
  );
  const all = rows.map((row) => ({ name: row['name'] ?? '', sizeBytes: Number(row['size'] ?? 0) }));
  const wanted = settings.databases;
  if (!wanted) return all;
  const missing = wanted.find((name) => !all.some((database) => database.name === name));
  if (missing !== undefined)
    throw new HoldfastError('NotFound', `unable to find database '${missing}' on the source`, { database: missing });
  return all.filter((database) => wanted.includes(database.name));
}

async function privilegeProblems(
  connection: PostgresqlConnection,
  settings: LogicalSettings,
  major: number,
): Promise<readonly string[]> {
  const readsAll = major >= READ_ALL_SINCE ? "pg_has_role(current_user, 'pg_read_all_data', 'USAGE')" : 'false';
  const [row] = await connection.query(`SELECT current_setting('is_superuser') AS superuser, ${readsAll} AS reader`);
  if (row?.['superuser'] === 'on' || row?.['reader'] === 't') return [];
  const role = quoteIdentifier(settings.user);
  const cure =
    major >= READ_ALL_SINCE
      ? `GRANT pg_read_all_data TO ${role}`
      : `GRANT SELECT ON every table and sequence TO ${role}`;
  return [
    `role ${role} may not read every table; cure: ${cure} (and ALTER ROLE ${role} BYPASSRLS where row security is used)`,
  ];
}

async function toolProblems(settings: LogicalSettings, major: number): Promise<readonly string[]> {
  const found = await Promise.all(
    (['pg_dump', 'pg_dumpall', 'pg_restore'] as const).map((name) =>
      findClientTool(name, major, settings).then(
        (program) => (settings.allowVulnerableClient ? [] : vulnerabilityWarnings(name, program)),
        (error: unknown) => [asHoldfastError(error).message],
      ),
    ),
  );
  return found.flat();
}
