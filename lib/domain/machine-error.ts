// Reads the `{Error, Cause}` that a state machine's Catch hands on; the cause is a stored error as JSON when it was ours.

import { isErrorName } from './errors.ts';
import type { StoredError } from './errors.ts';

export interface MachineError {
  readonly Error: string;
  readonly Cause?: string | undefined;
}

export function causeOfMachineError(error: MachineError): StoredError {
  const stored = parseCause(error.Cause);
  if (stored !== undefined) return stored;
  const name =
    error.Error === 'States.Timeout' ? 'WorkerLimitExceeded' : isErrorName(error.Error) ? error.Error : 'Internal';
  return { name, message: error.Cause ?? `the machine ended with '${error.Error}'`, facts: {} };
}

function parseCause(cause: string | undefined): StoredError | undefined {
  if (cause?.startsWith('{') !== true) return undefined;
  try {
    const value = JSON.parse(cause) as Partial<StoredError>;
    if (typeof value.name !== 'string' || !isErrorName(value.name)) return undefined;
    return { name: value.name, message: String(value.message), facts: value.facts ?? {} };
  } catch {
    return undefined;
  }
}
