// Reads who the server is and whether a physical backup of it can work. Changes nothing.

import { HoldfastError } from '../../../domain/errors.ts';
import type { PostgresqlConnection } from '../../../protocols/postgresql/connection.ts';
import { parseSegmentBytes } from '../../../protocols/postgresql/lsn.ts';

/** Server-side manifests with SHA-256 and typed copy messages: what this method's proof rests on. */
export const PHYSICAL_MAJOR_MIN = 15;

export interface ServerIdentity {
  readonly systemIdentifier: string;
  readonly timeline: number;
}

export interface ServerFacts extends ServerIdentity {
  readonly version: string;
  readonly major: number;
  readonly segmentBytes: number;
}

/** @throws SourceVersionUnsupported below PostgreSQL 15, SourcePrivilegeMissing */
export async function readServerFacts(connection: PostgresqlConnection): Promise<ServerFacts> {
  const version = await show(connection, 'server_version');
  const major = Math.floor(Number(await show(connection, 'server_version_num')) / 10_000);
  if (major < PHYSICAL_MAJOR_MIN) {
    throw new HoldfastError(
      'SourceVersionUnsupported',
      `unable to make a physical backup of PostgreSQL ${version}: it needs ${PHYSICAL_MAJOR_MIN} or later; the method 'logical' works`,
      { version },
    );
  }
  const identity = await identify(connection);
  return { ...identity, version, major, segmentBytes: parseSegmentBytes(await show(connection, 'wal_segment_size')) };
}

export async function identify(connection: PostgresqlConnection): Promise<ServerIdentity> {
  const [row] = await connection.query('IDENTIFY_SYSTEM');
  if (!row?.['systemid']) throw new HoldfastError('DumpIncomplete', 'the server does not say who it is');
  return { systemIdentifier: row['systemid'], timeline: Number(row['timeline']) };
}

/** @throws SourceChanged when the two answers are not of one server on one timeline */
export function assertSameServer(before: ServerIdentity, after: ServerIdentity): void {
  if (before.systemIdentifier === after.systemIdentifier && before.timeline === after.timeline) return;
  throw new HoldfastError('SourceChanged', 'the server changed its identity or timeline during the backup', {
    systemIdentifierBefore: before.systemIdentifier,
    systemIdentifierAfter: after.systemIdentifier,
    timelineBefore: before.timeline,
    timelineAfter: after.timeline,
  });
}

/** Works on replication connections too. @param name one of our own constants, never input */
export async function show(connection: PostgresqlConnection, name: string): Promise<string> {
  const [row] = await connection.query(`SHOW ${name}`);
  return row?.[name] ?? '';
}
