// A session whose text output is the same on every server, so that a hash of it can be compared between the source and a restored copy.

import type { EngineContext } from '../../../ports/engine.ts';
import type { ConnectionTarget } from '../../../protocols/postgresql/connection.ts';
import { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';

/** Reading one large table may take hours without a message in between; the system's keep-alive finds a dead peer. */
const IDLE_SECONDS = 24 * 60 * 60;
const TRANSACTION_TIMEOUT_SINCE = 17;

const PINNED: Readonly<Record<string, string>> = {
  datestyle: 'ISO, YMD',
  intervalstyle: 'iso_8601',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmloption: 'content',
  lc_monetary: 'C',
  // Names are written with their schema then, and no function of a user's schema can take the place of one of ours.
  search_path: 'pg_catalog',
  // Fail rather than read the rows only that this role may see.
  row_security: 'off',
  statement_timeout: '0',
  lock_timeout: '60s',
  idle_in_transaction_session_timeout: '0',
};

export async function openPinned(
  target: ConnectionTarget,
  context: Pick<EngineContext, 'signal'>,
): Promise<PostgresqlConnection> {
  const connection = await PostgresqlConnection.open(target, {
    signal: context.signal,
    purpose: 'sql',
    idleSeconds: IDLE_SECONDS,
  });
  try {
    for (const [name, value] of Object.entries(PINNED))
      await connection.query('SELECT set_config($1, $2, false)', [name, value]);
    if ((await serverVersion(connection)).major >= TRANSACTION_TIMEOUT_SINCE) {
      await connection.query("SELECT set_config('transaction_timeout', '0', false)");
    }
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

export async function serverVersion(
  connection: PostgresqlConnection,
): Promise<{ readonly version: string; readonly major: number }> {
  const [row] = await connection.query(
    "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major",
  );
  return { version: row?.['version'] ?? '', major: Number(row?.['major'] ?? 0) };
}
