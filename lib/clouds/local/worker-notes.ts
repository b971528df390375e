// Notes on started workers, so that a platform that was killed and started again can tell at once which of them have ended. A note is
// a convenience: without one the answer is "unknown" and the job's heartbeat decides.

import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../../ports/clock.ts';
import type { ProcessIdentity } from './process-tree.ts';
import { isSameProcess } from './process-tree.ts';

/** Long after a job has ended nobody asks for its workers. */
const KEPT_MILLISECONDS = 24 * 3600 * 1000;

export class WorkerNotes {
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Not synced: after a power loss the worker is gone with its note. */
  async write(worker: string, identity: ProcessIdentity): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(this.#pathOf(worker), JSON.stringify(identity), { mode: 0o600 });
    await this.#forgetOld();
  }

  async read(worker: string): Promise<ProcessIdentity | undefined> {
    try {
      const note = JSON.parse(await readFile(this.#pathOf(worker), 'utf8')) as Partial<ProcessIdentity>;
      const isWhole =
        Number.isSafeInteger(note.pid) && typeof note.startTicks === 'string' && typeof note.bootId === 'string';
      return isWhole ? (note as ProcessIdentity) : undefined;
    } catch {
      // Missing, or cut by a crash while it was written: nothing is known then.
      return undefined;
    }
  }

  async #forgetOld(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts === undefined || this.#clock.now() - facts.mtimeMs < KEPT_MILLISECONDS) continue;
      const identity = await this.read(decodeURIComponent(name));
      if (identity === undefined || !(await isSameProcess(identity))) await rm(path, { force: true });
    }
  }

  #pathOf(worker: string): string {
    return join(this.#directory, encodeURIComponent(worker));
  }
}
