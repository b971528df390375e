// Mutual exclusion between processes by a lock that the operating system frees when its holder dies, so no crash leaves it held.
// Node offers no file lock of its own; SQLite takes one, and a locked database is all that this file is used for.

import { DatabaseSync } from 'node:sqlite';

import { HoldfastError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { isBusy } from './sqlite-error.ts';

/** What is done under it are a few small file writes; whoever waits longer than this stands behind a stuck disk. */
const WAIT_MILLISECONDS_MAX = 10_000;
const PAUSE_MILLISECONDS = 20;

/** Runs `work` alone among all that name the same file. @throws LeaseHeld after ten seconds of waiting */
export async function withFileMutex<T>(path: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    await take(database, path, clock);
    return await work();
  } finally {
    // Closing gives up the lock; nothing was written, so there is nothing to commit.
    database.close();
  }
}

async function take(database: DatabaseSync, path: string, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + WAIT_MILLISECONDS_MAX;
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (clock.monotonic() >= deadline)
        throw new HoldfastError('LeaseHeld', `unable to lock '${path}'`, { path }, { cause: error });
    }
    // Asynchronous, because the holder may be another call of this very process.
    await clock.sleep(PAUSE_MILLISECONDS);
  }
}
