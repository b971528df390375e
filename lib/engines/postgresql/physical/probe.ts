// Reaches the server as a physical backup will and says what would make one fail, each with its cure. Changes nothing.

import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { EngineContext, EngineSource, ProbeResult } from '../../../ports/engine.ts';
import type { ConnectionTarget } from '../../../protocols/postgresql/connection.ts';
import { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import { connectionTarget, physicalSettings } from '../settings.ts';
import { readServerFacts, show } from './server-facts.ts';

/** One for the files, one for the WAL. */
const SENDERS_NEEDED = 2;

/** @throws SourceUnreachable, SourceAuthenticationFailed, SourcePrivilegeMissing, SourceVersionUnsupported */
export async function probePhysical(source: EngineSource, context: EngineContext): Promise<ProbeResult> {
  const target = await connectionTarget(physicalSettings(source.settings), context);
  const connection = await PostgresqlConnection.open(target, { signal: context.signal, purpose: 'physical' }).catch(
    (error: unknown) => {
      throw withCure(error, target);
    },
  );
  try {
    const server = await readServerFacts(connection);
    const problems = await readProblems(connection);
    const sql = await probeBySql(target, context);
    await connection.close();
    return {
      version: server.version,
      identity: server.systemIdentifier,
      sizeBytesEstimate: sql.sizeBytes,
      problems: [...problems, ...sql.problems],
    };
  } finally {
    connection.destroy();
  }
}

/** The two refusals that a fresh role meets. The cure is in the message, because there is no connection to print it by. */
function withCure(error: unknown, target: ConnectionTarget): unknown {
  if (!hasErrorName(error, 'SourceAuthenticationFailed', 'SourcePrivilegeMissing')) return error;
  const role = `"${target.user.replaceAll('"', '""')}"`;
  const said = (error as HoldfastError).message;
  if (/pg_hba\.conf/.test(said)) {
    return new HoldfastError(
      'SourceAuthenticationFailed',
      `${said}; cure: add "host replication ${role} <our address>/32 scram-sha-256" to pg_hba.conf and reload`,
      {},
      { cause: error },
    );
  }
  if (hasErrorName(error, 'SourcePrivilegeMissing')) {
    return new HoldfastError(
      'SourcePrivilegeMissing',
      `${said}; cure: ALTER ROLE ${role} LOGIN REPLICATION`,
      {},
      { cause: error },
    );
  }
  return error;
}

async function readProblems(connection: PostgresqlConnection): Promise<readonly string[]> {
  const walLevel = await show(connection, 'wal_level');
  const senders = Number(await show(connection, 'max_wal_senders'));
  const slots = Number(await show(connection, 'max_replication_slots'));
  const problems: string[] = [];
  if (walLevel === 'minimal')
    problems.push("wal_level is 'minimal'; cure: ALTER SYSTEM SET wal_level = 'replica' and restart the server");
  if (senders < SENDERS_NEEDED) {
    problems.push(
      `max_wal_senders is ${senders}, a backup needs ${SENDERS_NEEDED}; cure: ALTER SYSTEM SET max_wal_senders = 10 and restart the server`,
    );
  }
  if (slots < 1)
    problems.push(
      'max_replication_slots is 0, a backup needs one; cure: ALTER SYSTEM SET max_replication_slots = 10 and restart the server',
    );
  return problems;
}

/** What only SQL can tell. A role that may do nothing but replicate is fine: then the size is unknown until the backup runs. */
async function probeBySql(
  target: ConnectionTarget,
  context: EngineContext,
): Promise<{ readonly sizeBytes: number; readonly problems: readonly string[] }> {
  try {
    const connection = await PostgresqlConnection.open(target, { signal: context.signal, purpose: 'sql' });
    try {
      const [row] = await connection.query(
        `SELECT (SELECT sum(CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END) FROM pg_database) AS size,
                (SELECT count(*) FROM pg_replication_slots) AS slots,
                (SELECT count(*) FROM pg_stat_replication) AS senders,
                current_setting('max_replication_slots') AS slots_max,
                current_setting('max_wal_senders') AS senders_max`,
      );
      const number = (name: string): number => Number(row?.[name] ?? 0);
      const problems: string[] = [];
      if (number('slots_max') > 0 && number('slots') >= number('slots_max')) {
        problems.push(
          'every replication slot is in use; cure: drop unused ones (SELECT * FROM pg_replication_slots) or raise max_replication_slots',
        );
      }
      // Our own replication connection is open and counted.
      if (number('senders_max') - number('senders') + 1 < SENDERS_NEEDED) {
        problems.push('too few WAL senders are free; cure: raise max_wal_senders and restart the server');
      }
      return { sizeBytes: number('size'), problems };
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (!hasErrorName(error, 'SourceAuthenticationFailed', 'SourcePrivilegeMissing', 'NotFound')) throw error;
    return { sizeBytes: 0, problems: [] };
  }
}
