// A clock whose time passes only when everything else rests: a flow of thirty days is over in a moment, in an order that never varies.

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { Clock } from '../../../lib/ports/clock.ts';

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** Turns of the event loop after which whatever was woken has done what it can do without time. */
const TURNS = 10;

export function steppedClock(startAt = '2026-01-02T03:04:05.000Z'): Clock {
  const origin = Date.parse(startAt);
  const sleepers = new Set<Sleeper>();
  let now = origin;
  let isPassing = false;

  async function passTime(): Promise<void> {
    isPassing = true;
    while (sleepers.size > 0) {
      for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
      // Sets keep their order, so that of two with the same instant the older one wakes first.
      const next = [...sleepers].reduce<Sleeper | undefined>(
        (first, sleeper) => (first === undefined || sleeper.dueAt < first.dueAt ? sleeper : first),
        undefined,
      );
      if (next === undefined) break;
      now = Math.max(now, next.dueAt);
      next.wake();
    }
    isPassing = false;
  }

  const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    // Time that is no number would pass for ever without moving.
    if (Number.isNaN(milliseconds)) throw new TypeError('unable to sleep for no number');
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        sleepers.delete(sleeper);
        reject(new HoldfastError('ExecutionStopped', 'stopped while waiting'));
      };
      const wake = (): void => {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const sleeper = { dueAt: now + milliseconds, wake };
      if (signal?.aborted === true) {
        stop();
        return;
      }
      signal?.addEventListener('abort', stop, { once: true });
      sleepers.add(sleeper);
      if (!isPassing) void passTime();
    });
  };

  return { now: () => now, monotonic: () => now - origin, sleep };
}
