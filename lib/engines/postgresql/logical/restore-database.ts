// Restores one database with pg_restore into an unfinished database, compares every table's fingerprint, and only then gives it its name.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Fingerprint } from '../../../domain/backup-record.ts';
import type { StoredEntry } from '../../../domain/entry.ts';
import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import type { EngineContext, PointReader, RestoreRequest } from '../../../ports/engine.ts';
import type { ArchiveHead } from '../../../protocols/postgresql/dump-archive.ts';
import type { LogicalSettings } from '../settings.ts';
import { readArchive, readArchiveHead } from './archive-file.ts';
import { findClientTool, vulnerabilityWarnings } from './client-tools.ts';
import type { DatabaseFile } from './database-file.ts';
import { DATABASE_FILE, readDatabaseFile } from './database-file.ts';
import { LARGE_OBJECTS, assertEqualFingerprints, fingerprintLargeObjects, fingerprintTable } from './fingerprints.ts';
import { dumpFile } from './layout.ts';
import { openPinned } from './pinned-session.ts';
import { runTool } from './run-tool.ts';
import type { Selection } from './select-entries.ts';
import { listFileText, selectEntries } from './select-entries.ts';
import type { Table } from './tables.ts';
import { tableText } from './tables.ts';
import type { TargetServer } from './target-server.ts';
import { quotedDatabaseArgument } from './tool-environment.ts';

/** From this major on pg_restore begins with a setting that older servers refuse; nothing depends on it. */
const MAJOR_WITH_TRANSACTION_TIMEOUT = 17;
const TRANSACTION_TIMEOUT_UNKNOWN = /unrecognized configuration parameter "transaction_timeout"/;

export interface DatabaseRestore {
  readonly server: TargetServer;
  readonly reader: PointReader;
  readonly point: DatabasePoint;
  /** Empty: everything. */
  readonly tables: readonly Table[];
  readonly settings: LogicalSettings;
  readonly progress: RestoreRequest['progress'];
}

/** What a unit holds, read before anything is changed. */
export interface DatabasePoint {
  readonly database: string;
  readonly dump: StoredEntry;
  readonly head: ArchiveHead;
  readonly file: DatabaseFile;
}

export interface RestoredDatabase {
  readonly database: string;
  /** Still under its unfinished name. */
  readonly name: string;
  readonly restoredBytes: number;
  readonly restoredEntries: number;
  readonly compared: readonly Fingerprint[];
  readonly warnings: readonly string[];
}

/** @throws RestoreMismatch when the unit lacks one of its files */
export async function readDatabasePoint(reader: PointReader): Promise<DatabasePoint> {
  const database = String(reader.facts.details['database'] ?? '');
  let dump: StoredEntry | undefined;
  let file: StoredEntry | undefined;
  for await (const entry of reader.entries()) {
    const path = entry.path.toString('utf8');
    if (path === dumpFile(database)) dump = entry;
    if (path === DATABASE_FILE) file = entry;
  }
  if (!dump)
    throw new HoldfastError('RestoreMismatch', `the recovery point lacks the dump of database '${database}'`, {
      database,
    });
  return { database, dump, head: await readArchiveHead(reader, dump), file: await readDatabaseFile(reader, file) };
}

/** Leaves nothing behind when it fails. @throws RestoreMismatch, DumpToolFailed, CapabilityUnsupported (another sort order) */
export async function restoreDatabase(restore: DatabaseRestore, context: EngineContext): Promise<RestoredDatabase> {
  const { server, reader, point, tables } = restore;
  const name = server.unfinishedName();
  await server.create(name, reader.facts);
  try {
    const selection = tables.length > 0 ? selectEntries(point.head.entries, tables) : undefined;
    const run = await runRestore(restore, name, selection, context);
    const compared = await compare(restore, name, context);
    return {
      database: point.database,
      name,
      restoredBytes: run.bytes,
      restoredEntries: selection?.dumpIds.length ?? point.head.entries.length,
      compared,
      warnings: [...run.warnings, ...selectionWarnings(selection)],
    };
  } catch (error) {
    if (!hasErrorName(error, 'ExecutionStopped', 'SourceUnreachable')) await server.drop(name);
    throw error;
  }
}

async function runRestore(
  { server, reader, point, settings, progress }: DatabaseRestore,
  name: string,
  selection: Selection | undefined,
  context: EngineContext,
): Promise<{ readonly bytes: number; readonly warnings: readonly string[] }> {
  // An older program cannot read the archive; a newer one says things that an older server does not understand.
  const tool = await findClientTool('pg_restore', Number.parseInt(point.head.toolVersion, 10), settings);
  const owners = await ownerOptions(server, point);
  const places = await tablespaceOptions(server, point);
  const saysTooMuch = tool.major >= MAJOR_WITH_TRANSACTION_TIMEOUT && server.major < MAJOR_WITH_TRANSACTION_TIMEOUT;
  const argumentsIn = async (folder: string): Promise<readonly string[]> => [
    ...(saysTooMuch ? [] : ['--exit-on-error']),
    '--no-password',
    // A restored subscription would take rows that the source's subscriber waits for.
    '--no-subscriptions',
    ...owners.args,
    ...places.args,
    ...(selection ? [`--use-list=${await writeList(folder, selection)}`] : []),
    quotedDatabaseArgument(name),
  ];
  const target = { ...server.target, database: name };
  const run = { name: 'pg_restore', program: tool, target, settings, argumentsIn } as const;
  return runTool(run, context, async (process) => {
    process.stdout.resume();
    let bytes = 0;
    // To the end also when the tool has all it wants (one table) before it: the whole archive is walked.
    for await (const piece of readArchive(reader, point.dump)) {
      if (process.hasFailed) break;
      await process.feed(piece);
      bytes += piece.length;
      progress({ phase: `pg_restore ${point.database}`, doneBytes: bytes, totalBytes: point.dump.sizeBytes });
    }
    process.stdin.end();
    const said = await process.succeeded(saysTooMuch ? TRANSACTION_TIMEOUT_UNKNOWN : undefined);
    const warnings = [...owners.warnings, ...places.warnings, ...vulnerabilityWarnings('pg_restore', tool), ...said];
    return { bytes, warnings };
  });
}

async function writeList(folder: string, selection: Selection): Promise<string> {
  const path = join(folder, 'entries.list');
  await writeFile(path, listFileText(selection), { mode: 0o600 });
  return path;
}

/** Every role that the objects of a database name. */
export function rolesOf({ head, file }: DatabasePoint): readonly string[] {
  const owners = head.entries.map((entry) => entry.owner).filter((owner) => owner !== '');
  return [...new Set([...owners, ...file.roles])];
}

/** Owners and grants are kept where every role is here and we may act for them. */
async function ownerOptions(
  server: TargetServer,
  point: DatabasePoint,
): Promise<{ readonly args: readonly string[]; readonly warnings: readonly string[] }> {
  const missing = await server.missingRoles(rolesOf(point));
  if (server.isSuperuser && missing.length === 0) return { args: [], warnings: [] };
  const reason =
    missing.length > 0
      ? `these roles are not on the target: ${missing.slice(0, 10).join(', ')}`
      : 'the restoring role is no superuser';
  return {
    args: ['--no-owner', '--no-privileges'],
    warnings: [`owners and grants were not restored, because ${reason}; globals.sql of the backup makes the roles`],
  };
}

async function tablespaceOptions(
  server: TargetServer,
  { head }: DatabasePoint,
): Promise<{ readonly args: readonly string[]; readonly warnings: readonly string[] }> {
  const names = new Set(head.entries.map((entry) => entry.tablespace).filter((name) => name !== ''));
  const missing = await server.missingTablespaces([...names]);
  if (missing.length === 0) return { args: [], warnings: [] };
  return {
    args: ['--no-tablespaces'],
    warnings: [`everything lies in the default tablespace, because these are not on the target: ${missing.join(', ')}`],
  };
}

/** Reads the restored tables as the dump read the source's. */
async function compare(
  { server, point, tables }: DatabaseRestore,
  name: string,
  context: EngineContext,
): Promise<readonly Fingerprint[]> {
  const wanted = new Set(tables.map(tableText));
  const expected = (point.file.fingerprints ?? []).filter((one) => wanted.size === 0 || wanted.has(one.name));
  const kind = expected.some((one) => one.hash !== '') ? 'content' : 'count';
  const connection = await openPinned({ ...server.target, database: name }, context);
  try {
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const found: Fingerprint[] = [];
    for (const entry of point.head.entries.filter((candidate) => candidate.description === 'TABLE DATA')) {
      const table = { schema: entry.namespace, name: entry.tag };
      if (expected.some((one) => one.name === tableText(table)))
        found.push(await fingerprintTable(connection, table, kind));
    }
    const objects = expected.some((one) => one.name === LARGE_OBJECTS)
      ? await fingerprintLargeObjects(connection, kind)
      : undefined;
    if (objects) found.push(objects);
    assertEqualFingerprints(expected, found);
    await connection.close();
    return found;
  } finally {
    connection.destroy();
  }
}

function selectionWarnings(selection: Selection | undefined): readonly string[] {
  if (!selection || selection.leftOut.length === 0) return [];
  return [`left out, because they refer to tables that were not chosen: ${selection.leftOut.slice(0, 10).join(', ')}`];
}
