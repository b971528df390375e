// A real clock that runs twenty times as fast, the same in every process, so that killed flows with waits take seconds.

import { setTimeout as delay } from 'node:timers/promises';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { Clock } from '../../../lib/ports/clock.ts';

const FACTOR = 20;
const TIMER_MAX = 2 ** 31 - 1;

export const hurriedClock: Clock = {
  now: () => Date.now() * FACTOR,
  monotonic: () => performance.now() * FACTOR,
  sleep: async (milliseconds, signal) => {
    const real = Math.min(milliseconds / FACTOR, TIMER_MAX);
    await delay(real, undefined, signal === undefined ? {} : { signal }).catch((cause: unknown) => {
      throw new HoldfastError('ExecutionStopped', 'stopped while waiting', {}, { cause });
    });
  },
};
