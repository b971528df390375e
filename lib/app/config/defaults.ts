// What holds when no line of a configuration says otherwise; one place, because the loader and the reference must agree.

import { LIMITS } from '../../domain/limits.ts';

export const DEFAULTS = {
  /** The local machine only: whoever opens the API to a network says so. */
  apiHost: '127.0.0.1',
  apiPort: 7420,
  mailPort: 587,
  concurrentBackups: LIMITS.concurrentBackupsDefault,
  queueLength: LIMITS.queueLengthMax,
  workerMemory: '1GiB',
  workerTime: '6h',
  keepDaily: '30d',
  keepLog: '7d',
  verifyWithin: '30d',
  compressionAlgorithm: 'zstd',
  compressionLevel: 3,
} as const;
