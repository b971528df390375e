// The server that a logical restore goes to: makes databases under a name that nobody takes for the real one, and gives them their real
// name only when everything in them was compared.

import type { UnitFacts } from '../../../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { ConnectionTarget, PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import { quoteIdentifier } from './tables.ts';

const NAME_BYTES_MAX = 63;
const ICU_SINCE = 15;
const BUILTIN_SINCE = 17;

export class TargetServer {
  readonly target: ConnectionTarget;
  readonly major: number;
  readonly isSuperuser: boolean;
  readonly #connection: PostgresqlConnection;

  constructor(connection: PostgresqlConnection, server: { readonly major: number; readonly isSuperuser: boolean }) {
    this.#connection = connection;
    this.target = connection.target;
    this.major = server.major;
    this.isSuperuser = server.isSuperuser;
  }

  async exists(database: string): Promise<boolean> {
    const rows = await this.#connection.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    return rows.length > 0;
  }

  /** Those of the given roles that are not here. */
  async missingRoles(roles: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#connection.query('SELECT rolname FROM pg_roles');
    const known = new Set(rows.map((row) => row['rolname']));
    return roles.filter((role) => !known.has(role));
  }

  async missingTablespaces(names: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#connection.query('SELECT spcname FROM pg_tablespace');
    const known = new Set(rows.map((row) => row['spcname']));
    return names.filter((name) => !known.has(name));
  }

  /** Without login or rights, so that they can own what the source's roles own. Only for a server of our own. */
  async createRoles(roles: readonly string[]): Promise<void> {
    for (const role of await this.missingRoles(roles))
      await this.#connection.query(`CREATE ROLE ${quoteIdentifier(role)} NOLOGIN`);
  }

  /** A name under which a restore works; unique, because the number of our server process is. */
  unfinishedName(): string {
    return `holdfast_restoring_${this.#connection.processId}`;
  }

  /** Empty, with the encoding and the sort order of the source. @throws CapabilityUnsupported when this server lacks them */
  async create(database: string, facts: UnitFacts): Promise<void> {
    // What a killed restore has left under this name is ours to remove: only an unfinished restore is ever called so.
    await this.drop(database);
    try {
      await this.#connection.query(
        `CREATE DATABASE ${quoteIdentifier(database)} TEMPLATE template0 ${localeClauses(facts, this.major)}`,
      );
    } catch (error) {
      if (!hasErrorName(error, 'DumpIncomplete')) throw error;
      const said = (error as Error).message;
      throw new HoldfastError(
        'CapabilityUnsupported',
        `unable to make a database like the source's: ${said}`,
        { isEnvironment: true },
        { cause: error },
      );
    }
  }

  async drop(database: string): Promise<void> {
    await this.#endSessions(database);
    await this.#connection.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(database)}`);
  }

  /** The mark of health: one catalog change, all or nothing. @throws RestoreTargetNotEmpty when the name was taken meanwhile */
  async rename(from: string, to: string): Promise<void> {
    await this.#endSessions(from);
    if (await this.exists(to))
      throw new HoldfastError('RestoreTargetNotEmpty', `unable to restore into database '${to}': it exists`, {
        database: to,
      });
    await this.#connection.query(`ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`);
  }

  /** Puts a finished database in the place of a live one, which stays under another name. New sessions are kept out meanwhile. */
  async replace(live: string, kept: string, finished: string): Promise<void> {
    await this.#connection.query(`ALTER DATABASE ${quoteIdentifier(live)} ALLOW_CONNECTIONS false`);
    try {
      await this.rename(live, kept);
    } catch (error) {
      await this.#connection.query(`ALTER DATABASE ${quoteIdentifier(live)} ALLOW_CONNECTIONS true`);
      throw error;
    }
    try {
      await this.rename(finished, live);
    } catch (error) {
      await this.#connection.query(`ALTER DATABASE ${quoteIdentifier(kept)} RENAME TO ${quoteIdentifier(live)}`);
      throw error;
    } finally {
      const name = (await this.exists(kept)) ? kept : live;
      await this.#connection.query(`ALTER DATABASE ${quoteIdentifier(name)} ALLOW_CONNECTIONS true`);
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #endSessions(database: string): Promise<void> {
    await this.#connection.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
      [database],
    );
  }
}

/** `<database>_restored_20260102030405`, cut so that the stamp stays. */
export function derivedName(database: string, word: 'restored' | 'before', milliseconds: number): string {
  const stamp = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, 14);
  const suffix = `_${word}_${stamp}`;
  let head = database;
  while (Buffer.byteLength(head + suffix) > NAME_BYTES_MAX) head = Array.from(head).slice(0, -1).join('');
  return head + suffix;
}

function localeClauses({ details }: UnitFacts, major: number): string {
  const text = (name: string): string => String(details[name] ?? '');
  const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const base = `ENCODING ${literal(text('encoding'))} LC_COLLATE ${literal(text('collate'))} LC_CTYPE ${literal(text('ctype'))}`;
  const provider = text('localeProvider');
  if (provider === 'icu' && major >= ICU_SINCE) {
    return `${base} LOCALE_PROVIDER icu ICU_LOCALE ${literal(text('locale'))}`;
  }
  if (provider === 'builtin' && major >= BUILTIN_SINCE)
    return `${base} LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(text('locale'))}`;
  return base;
}
