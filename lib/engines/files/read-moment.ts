// Says whether a file's change time can be trusted to differ after the next change. A file changed within one tick of its time stamp may
// change again without showing it; such an entry is recorded without change time, so that the next increment reads it (git calls it racy).

import { closeSync, fstatSync, openSync, rmSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';

const SECOND = 1_000_000_000n;
/** Twice the coarsest tick in use: 10 ms kernels, whole seconds where a file system keeps no fractions. */
const MARGIN_NS = 50_000_000n;
const WHOLE_SECOND_MARGIN_NS = 2n * SECOND;

export class ReadMoment {
  readonly #startedNs: bigint;

  /** The kernel's own clock, by the time stamp of a new file: the clock port may be set, and has another resolution. */
  constructor(scratchDir: string) {
    const path = join(scratchDir, 'read-moment');
    const fd = openSync(path, 'w');
    this.#startedNs = fstatSync(fd, { bigint: true }).ctimeNs;
    closeSync(fd);
    rmSync(path);
  }

  /** Measured from the dump's start, so that a file changed after it is not trusted either. */
  isSettled(stat: BigIntStats): boolean {
    const margin = stat.ctimeNs % SECOND === 0n ? WHOLE_SECOND_MARGIN_NS : MARGIN_NS;
    return this.#startedNs - stat.ctimeNs > margin;
  }
}
