// Keeps what a restore needs to know about a database beside its dump: the fingerprints of all tables, however many there are, and the
// roles that its objects name.

import { z } from 'zod';

import type { StoredEntry } from '../../../domain/entry.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { DumpSink, PointReader } from '../../../ports/engine.ts';
import type { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';

export const DATABASE_FILE = 'database.json';

const schema = z.strictObject({
  version: z.literal(1),
  /** Owners, grantees and members of policies. */
  roles: z.array(z.string()),
  /** Absent when none were taken. */
  fingerprints: z.array(z.strictObject({ name: z.string(), count: z.number(), hash: z.string() })).optional(),
});
export type DatabaseFile = z.infer<typeof schema>;

export async function storeDatabaseFile(
  sink: DumpSink,
  content: Omit<DatabaseFile, 'version'>,
  clock: Clock,
): Promise<void> {
  const mtimeNs = BigInt(clock.now()) * 1_000_000n;
  const writer = sink.open({ path: Buffer.from(DATABASE_FILE), kind: 'file', mode: 0o600, uid: 0, gid: 0, mtimeNs });
  await writer.write(Buffer.from(JSON.stringify({ version: 1, ...content })));
  await writer.close();
}

/** @throws RestoreMismatch when it cannot be read: without it nothing could be compared */
export async function readDatabaseFile(reader: PointReader, entry: StoredEntry | undefined): Promise<DatabaseFile> {
  if (!entry || entry.sizeBytes > LIMITS.objectBytesMax)
    throw new HoldfastError('RestoreMismatch', `the recovery point lacks ${DATABASE_FILE}`);
  const pieces: Buffer[] = [];
  for await (const piece of reader.read(entry)) pieces.push(Buffer.from(piece));
  try {
    return schema.parse(JSON.parse(Buffer.concat(pieces).toString('utf8')));
  } catch (error) {
    throw new HoldfastError(
      'RestoreMismatch',
      `${DATABASE_FILE} of the recovery point cannot be read`,
      {},
      { cause: error },
    );
  }
}

/** Roles that objects of the connected database depend on. The one that made the cluster is never listed by the server. */
export async function listRoles(connection: PostgresqlConnection): Promise<readonly string[]> {
  const rows = await connection.query(
    `SELECT DISTINCT r.rolname AS name FROM pg_shdepend d JOIN pg_roles r ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
     WHERE d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1`,
  );
  return rows.map((row) => row['name'] ?? '');
}
