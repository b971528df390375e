// A clock that stands still until a test moves it; sleeping moves it, so that no test ever waits.

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { Clock } from '../../lib/ports/clock.ts';

export interface FixedClock extends Clock {
  /** Lets time pass for both clocks. */
  advance(milliseconds: number): void;
  /** Sets wall time only, as a jump of the real clock would. */
  jumpTo(instant: string): void;
  /** Every sleep that was asked for, in milliseconds. */
  readonly sleeps: readonly number[];
}

export function fixedClock(startAt = '2026-01-02T03:04:05.000Z'): FixedClock {
  let wall = Date.parse(startAt);
  let monotonic = 0;
  const sleeps: number[] = [];
  const advance = (milliseconds: number): void => {
    wall += milliseconds;
    monotonic += milliseconds;
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    advance,
    jumpTo: (instant) => {
      wall = Date.parse(instant);
    },
    sleeps,
    sleep: async (milliseconds, signal) => {
      assertGoingOn(signal);
      sleeps.push(milliseconds);
      advance(milliseconds);
      // A real turn of the event loop, so that code that polls with sleep lets others work.
      await new Promise((resolve) => setImmediate(resolve));
      assertGoingOn(signal);
    },
  };
}

function assertGoingOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new HoldfastError('ExecutionStopped', 'unable to sleep: stopped by request');
}
