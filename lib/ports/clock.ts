// The clock port. Reading the clock anywhere else is a lint error, so that tests own the time.

export interface Clock {
  /** Wall time, milliseconds since the epoch. May jump; correctness never rests on it. */
  now(): number;
  /** Milliseconds that only ever grow; for durations and for observing leases. Means nothing in another process. */
  monotonic(): number;
  /**
   * Settles after `milliseconds` of wall time, measured against an absolute deadline, or rejects with `ExecutionStopped` as soon as
   * the signal is aborted. Any length is legal: pieces stay below the timer's 2^31-1 ms, past which Node fires at once.
   */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** RFC 3339 in UTC, the only form in which instants are stored. */
export const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString();
