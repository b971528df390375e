// What can end a state early: a failure that Retry and Catch may match, or a halt that nothing may catch.

import { toStoredError, type ErrorName } from '../../../domain/errors.ts';

/** A state failed: the pair that Catch puts into the data. */
export class StateFailure extends Error {
  readonly error: string;
  /** JSON of a StoredError, or the text of a Fail state. */
  readonly causeText: string;
  /** False for faults of the machine itself: Step Functions lets no catcher match those either. */
  readonly isCatchable: boolean;

  constructor(error: string, causeText: string, options: { isCatchable?: boolean; cause?: unknown } = {}) {
    super(`${error}: ${causeText}`, { cause: options.cause });
    this.error = error;
    this.causeText = causeText;
    this.isCatchable = options.isCatchable ?? true;
  }
}

/** Work must end without any outcome: stopped by request, by a failed sibling, or because this process stops driving. */
export class Halted extends Error {}

export function haltIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Halted('halted', { cause: signal.reason });
}

/** What a task threw. An error of the table keeps its name, everything else is our fault and called Internal. */
export function failureOfTask(error: unknown): StateFailure {
  if (error instanceof StateFailure) return error;
  const stored = toStoredError(error);
  return new StateFailure(stored.name, JSON.stringify(stored), { cause: error });
}

/** A failure that the platform itself reports. Its cause has the form of every other one, so that readers need no second way. */
export function platformFailure(error: 'States.Timeout' | 'States.NoChoiceMatched', message: string): StateFailure {
  return new StateFailure(error, causeOf('Internal', message));
}

/** The machine asks for what is not there, or past a bound: no retry and no catcher would mend it. */
export function machineFault(
  error: 'States.Runtime' | 'States.DataLimitExceeded' | ErrorName,
  message: string,
): StateFailure {
  const name: ErrorName = error === 'WorkerLimitExceeded' ? error : 'Internal';
  return new StateFailure(error, causeOf(name, message), { isCatchable: false });
}

const causeOf = (name: ErrorName, message: string): string => JSON.stringify({ name, message, facts: {} });

/** States.TaskFailed is everything but a timeout, as in Step Functions. */
export function isMatched(names: readonly string[], failure: StateFailure): boolean {
  if (!failure.isCatchable) return false;
  return names.some(
    (name) =>
      name === failure.error ||
      name === 'States.ALL' ||
      (name === 'States.TaskFailed' && failure.error !== 'States.Timeout'),
  );
}
