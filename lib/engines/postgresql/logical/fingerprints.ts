// Row counts and order-free hashes of tables, the same on any server that holds the same rows.

import type { Fingerprint } from '../../../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import type { Table } from './tables.ts';
import { quoteTable, tableText } from './tables.ts';

export type FingerprintKind = 'content' | 'count';

/** Large objects have no table of their own. */
export const LARGE_OBJECTS = 'pg_largeobject';

/**
 * A sum does not depend on the order of rows, and unlike an exclusive or it notices two equal rows that are missing. Both halves of the
 * MD5 are summed, so that 128 bits must agree. `OFFSET 0` keeps the server from hashing each row once per half; sums of bigint are
 * exact and faster than those of numeric (measured together: a quarter less time).
 */
const CONTENT = (from: string, text: string): string => `
  SELECT count(*)::text AS count,
    coalesce(sum(('x' || left(h, 16))::bit(64)::bigint), 0)::text || ':' ||
    coalesce(sum(('x' || right(h, 16))::bit(64)::bigint), 0)::text AS hash
  FROM (SELECT md5(${text}) AS h FROM ${from} OFFSET 0) AS hashed`;
const COUNT = (from: string): string => `SELECT count(*)::text AS count, '' AS hash FROM ${from}`;

/** Of one table. `ONLY`, because children are tables of their own in the list. */
export async function fingerprintTable(
  connection: PostgresqlConnection,
  table: Table,
  kind: FingerprintKind,
): Promise<Fingerprint> {
  // A column may have any name, `t` too: only with `.*` it is the whole row for certain.
  const from = `ONLY ${quoteTable(table)} AS t`;
  const sql = kind === 'content' ? CONTENT(from, '(t.*)::text') : COUNT(from);
  const [row] = await connection.query(sql);
  return { name: tableText(table), count: Number(row?.['count'] ?? 0), hash: row?.['hash'] ?? '' };
}

/** All large objects together; undefined where there are none, this role may not read them or one is too large for a value. */
export async function fingerprintLargeObjects(
  connection: PostgresqlConnection,
  kind: FingerprintKind,
): Promise<Fingerprint | undefined> {
  const from = 'pg_largeobject_metadata AS o';
  const sql = kind === 'content' ? CONTENT(from, "o.oid::text || ':' || md5(lo_get(o.oid))") : COUNT(from);
  await connection.query('SAVEPOINT large_objects');
  try {
    const [row] = await connection.query(sql);
    const count = Number(row?.['count'] ?? 0);
    return count === 0 ? undefined : { name: LARGE_OBJECTS, count, hash: row?.['hash'] ?? '' };
  } catch (error) {
    if (hasErrorName(error, 'ExecutionStopped', 'SourceUnreachable')) throw error;
    await connection.query('ROLLBACK TO SAVEPOINT large_objects');
    return undefined;
  }
}

/** Which of the expected fingerprints the found ones do not equal; empty when all agree. */
export function differences(expected: readonly Fingerprint[], found: readonly Fingerprint[]): readonly string[] {
  const byName = new Map(found.map((fingerprint) => [fingerprint.name, fingerprint]));
  return expected.flatMap((want) => {
    const have = byName.get(want.name);
    if (!have) return [`${want.name} is missing`];
    if (have.count !== want.count) return [`${want.name} has ${have.count} rows instead of ${want.count}`];
    return have.hash === want.hash ? [] : [`${want.name} has other rows`];
  });
}

/** @throws RestoreMismatch naming the first differences */
export function assertEqualFingerprints(expected: readonly Fingerprint[], found: readonly Fingerprint[]): void {
  const different = differences(expected, found);
  if (different.length === 0) return;
  const shown = different.slice(0, 5).join('; ');
  throw new HoldfastError('RestoreMismatch', `the restored tables differ from the backup: ${shown}`, {
    different: different.length,
  });
}
