// The limits every worker of this platform runs under.

import type { Platform } from '../ports/platform.ts';
import type { WorkerLimits } from '../ports/worker-host.ts';

export const workerLimits = (platform: Platform): WorkerLimits => ({
  memoryBytesMax: platform.policies.limits.workerMemoryBytes,
  secondsMax: platform.policies.limits.workerSeconds,
});
