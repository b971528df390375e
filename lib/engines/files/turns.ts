// Lets the event loop breathe between slices of synchronous file calls, so that heartbeats, timers and the abort signal get their turn.
// Synchronous calls cost a fifth of the processor time of asynchronous ones on trees of small files (measured on 107,000 files).

import { setImmediate as nextTurn } from 'node:timers/promises';

import { HoldfastError } from '../../domain/errors.ts';
import type { EngineContext } from '../../ports/engine.ts';

/** A slice ends after this long, or after this many calls where a test's clock stands still. */
const SLICE_MILLISECONDS = 20;
const SLICE_CALLS = 512;

export class Turns {
  readonly #context: Pick<EngineContext, 'clock' | 'signal'>;
  #startedAt: number;
  #calls = 0;

  constructor(context: Pick<EngineContext, 'clock' | 'signal'>) {
    this.#context = context;
    this.#startedAt = context.clock.monotonic();
  }

  /** Call it between any two bounded pieces of work. @throws ExecutionStopped once the signal is aborted */
  take(): Promise<void> | undefined {
    if (this.#context.signal.aborted) throw stoppedBy(this.#context.signal);
    this.#calls++;
    const isOver =
      this.#calls >= SLICE_CALLS || this.#context.clock.monotonic() - this.#startedAt >= SLICE_MILLISECONDS;
    return isOver ? this.#breathe() : undefined;
  }

  async #breathe(): Promise<void> {
    await nextTurn();
    this.#calls = 0;
    this.#startedAt = this.#context.clock.monotonic();
    if (this.#context.signal.aborted) throw stoppedBy(this.#context.signal);
  }
}

export function stoppedBy(signal: AbortSignal): HoldfastError {
  if (signal.reason instanceof HoldfastError) return signal.reason;
  return new HoldfastError('ExecutionStopped', 'stopped while working on a file tree', {}, { cause: signal.reason });
}
