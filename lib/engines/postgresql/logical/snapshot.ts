// Holds one snapshot of a database open and exported, so that the dump tool and our fingerprints see the very same rows.

import { isoNow } from '../../../ports/clock.ts';
import type { EngineContext } from '../../../ports/engine.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import type { ConnectionTarget, PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import { openPinned, serverVersion } from './pinned-session.ts';

/** What a new database must be made with to take the dump. */
export interface DatabaseProperties {
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** `libc`, `icu`, `builtin`. */
  readonly localeProvider: string;
  /** Of ICU and of the builtin provider. */
  readonly locale: string;
}

export interface Snapshot {
  readonly connection: PostgresqlConnection;
  /** What `--snapshot` takes. Only the server that made it knows it: a dump that works with it is of this server. */
  readonly name: string;
  readonly consistentAt: string;
  readonly version: string;
  readonly major: number;
  readonly systemIdentifier: string;
  readonly isStandby: boolean;
  readonly properties: DatabaseProperties;
}

export async function openSnapshot(target: ConnectionTarget, context: EngineContext): Promise<Snapshot> {
  const connection = await openPinned(target, context);
  try {
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [row] = await connection.query('SELECT pg_export_snapshot() AS name, pg_is_in_recovery() AS standby');
    const consistentAt = isoNow(context.clock);
    const { version, major } = await serverVersion(connection);
    return {
      connection,
      name: row?.['name'] ?? '',
      consistentAt,
      version,
      major,
      systemIdentifier: await systemIdentifier(connection),
      isStandby: row?.['standby'] === 't',
      properties: await readProperties(connection, major),
    };
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

export async function systemIdentifier(connection: PostgresqlConnection): Promise<string> {
  const [row] = await connection.query('SELECT system_identifier::text AS id FROM pg_control_system()');
  return row?.['id'] ?? '';
}

/** The columns have changed their names over the majors. */
async function readProperties(connection: PostgresqlConnection, major: number): Promise<DatabaseProperties> {
  const provider =
    major >= 15 ? "CASE datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END" : "'libc'";
  const locale = major >= 17 ? 'datlocale' : major >= 15 ? 'daticulocale' : "''";
  const [row] = await connection.query(
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype, ${provider} AS provider,
       coalesce(${locale}, '') AS locale
     FROM pg_database WHERE datname = current_database()`,
  );
  if (!row) throw new HoldfastError('DumpIncomplete', 'the server does not know the database that we are connected to');
  return {
    encoding: row['encoding'] ?? '',
    collate: row['collate'] ?? '',
    ctype: row['ctype'] ?? '',
    localeProvider: row['provider'] ?? '',
    locale: row['locale'] ?? '',
  };
}
