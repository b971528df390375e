// The machine's clock: the only file of this cloud that reads the time. Sleeps follow an absolute deadline and can be stopped.

import { HoldfastError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';

/**
 * A sleep looks at the wall clock this often: a machine that was suspended, or whose clock was set, wakes at most that late, and
 * every piece stays far below the timer's 2^31-1 ms, past which Node fires at once.
 */
const PIECE_MILLISECONDS = 30_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    const deadline = Date.now() + milliseconds;
    do {
      // At least one turn, so that a loop of empty sleeps cannot starve everything else.
      await piece(Math.min(Math.max(deadline - Date.now(), 0), PIECE_MILLISECONDS), signal);
    } while (Date.now() < deadline);
  },
};

function piece(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new HoldfastError('ExecutionStopped', 'stopped while waiting', {}, { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
