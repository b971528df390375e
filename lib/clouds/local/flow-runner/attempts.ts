// Retry and Catch around one state. What was decided is durable before it happens: the next try's number and its instant.

import type { JsonObject } from '../../../domain/json.ts';
import type { Catcher, Retrier } from '../../../flows/machine.ts';
import { isMatched, StateFailure } from './failure.ts';
import type { Outcome } from './journal.ts';
import { place } from './payload.ts';

export interface Departure {
  readonly what: 'left' | 'caught' | 'failed';
  readonly outcome: Outcome;
}

export interface Attempts {
  readonly data: JsonObject;
  readonly retrier: Retrier | undefined;
  readonly catchers: readonly Catcher[];
  /** The number of the try that is due. */
  readonly attempt: () => number;
  readonly work: () => Promise<Outcome>;
  /** Makes the next try durable and waits until it is due. */
  readonly delay: (seconds: number, failure: StateFailure) => Promise<void>;
}

/** Ends in an outcome, or is halted. Every error but a StateFailure passes: it is no matter of the machine. */
export async function attemptState({ data, retrier, catchers, attempt, work, delay }: Attempts): Promise<Departure> {
  for (;;) {
    try {
      return { what: 'left', outcome: await work() };
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      if (retrier === undefined || attempt() >= retrier.MaxAttempts || !isMatched(retrier.ErrorEquals, error)) {
        return caught(error, catchers, data);
      }
      await delay(delaySeconds(retrier, attempt()), error);
    }
  }
}

function delaySeconds(retrier: Retrier, attempt: number): number {
  const grown = retrier.IntervalSeconds * retrier.BackoffRate ** attempt;
  return Math.min(grown, retrier.MaxDelaySeconds ?? grown);
}

function caught(failure: StateFailure, catchers: readonly Catcher[], data: JsonObject): Departure {
  const { error, causeText, isCatchable } = failure;
  const catcher = catchers.find((candidate) => isMatched(candidate.ErrorEquals, failure));
  if (catcher === undefined) return { what: 'failed', outcome: { error, cause: causeText, isCatchable } };
  const output = place(catcher.ResultPath, data, { Error: error, Cause: causeText });
  return { what: 'caught', outcome: { output, next: catcher.Next } };
}
