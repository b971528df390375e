// Only one process drives a file's executions: it holds an operating-system lock on a side file for as long as it lives.
//
// Rejected: a row with a heartbeat. A suspended machine makes a living driver look dead, so that two would drive; and after a crash
// the next start would have to wait for the whole term. The kernel drops this lock at the moment the process dies, kill -9 included.
// It is taken through SQLite, because Node has no file locks of its own. Nothing else may open the side file: closing any handle of
// it in this process would drop a POSIX lock. The file must lie on a local disk, as all of this cloud does.

import { DatabaseSync } from 'node:sqlite';

import { isBusy } from '../sqlite-error.ts';
import { withoutForeignErrors } from './journal-file.ts';

export interface DriverLock {
  release(): void;
}

/** Undefined when another driver, of this or another process, holds the lock. */
export function takeDriverLock(file: string): DriverLock | undefined {
  return withoutForeignErrors(file, () => {
    const database = new DatabaseSync(file);
    try {
      // A killed process may take a moment to vanish.
      database.exec('PRAGMA busy_timeout = 300; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    } catch (error) {
      database.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
    return { release: () => database.close() };
  });
}
