// Opens the SQLite file of the flow runner: every commit is on the disk when it returns.

import { DatabaseSync } from 'node:sqlite';

import { HoldfastError, type ErrorName } from '../../../domain/errors.ts';
import { sqliteCodeOf } from '../sqlite-error.ts';

/** Raised when a table changes; a file of a newer Holdfast is left alone. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE definition (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE execution (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    machine TEXT NOT NULL,
    name TEXT NOT NULL,
    input TEXT NOT NULL,
    definition TEXT NOT NULL REFERENCES definition (hash),
    status TEXT NOT NULL,
    states INTEGER NOT NULL DEFAULT 0,
    output TEXT,
    error TEXT,
    cause TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
  );
  CREATE INDEX execution_by_status ON execution (status, sequence);
  CREATE TABLE state (
    execution TEXT NOT NULL,
    path TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,
    outcome TEXT,
    PRIMARY KEY (execution, path)
  ) WITHOUT ROWID;
  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL,
    at INTEGER NOT NULL,
    path TEXT NOT NULL,
    what TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (execution, path, what)
  );
  CREATE TABLE driver (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** @throws StorageFull, StorageReadOnly, CatalogUnavailable, RepositoryFormatUnsupported */
export function openJournalFile(file: string): DatabaseSync {
  return withoutForeignErrors(file, () => {
    const database = new DatabaseSync(file);
    try {
      // The readers of other processes wait for a commit and do not fail.
      database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      createTables(database, file);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function createTables(database: DatabaseSync, file: string): void {
  // Two processes may open a new file at once: the second one finds the tables.
  database.exec('BEGIN IMMEDIATE');
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version === 0) database.exec(SCHEMA);
  database.exec('COMMIT');
  if (version > SCHEMA_VERSION) {
    throw new HoldfastError('RepositoryFormatUnsupported', `unable to read '${file}': written by a newer Holdfast`, {
      file,
      version,
    });
  }
}

/** SQLite's result codes, of which only the lowest byte says what kind of failure it is. */
const NAMES_BY_CODE: Readonly<Record<number, ErrorName>> = { 8: 'StorageReadOnly', 13: 'StorageFull' };

/** Lets our own errors through and gives every error of SQLite a name of the table. */
export function withoutForeignErrors<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const extended = sqliteCodeOf(error);
    if (extended === undefined) throw error;
    const code = extended & 0xff;
    throw new HoldfastError(
      NAMES_BY_CODE[code] ?? 'CatalogUnavailable',
      `unable to use flow journal '${file}': ${(error as Error).message}`,
      { file, code },
      { cause: error },
    );
  }
}
