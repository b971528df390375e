// Which errors say that stored bytes are wrong or gone, as opposed to a store that does not answer.

import { HoldfastError, hasErrorName } from './errors.ts';

export const isDamage = (error: unknown): error is HoldfastError =>
  error instanceof HoldfastError &&
  hasErrorName(
    error,
    'IntegrityViolation',
    'ObjectCorrupted',
    'ObjectNotFound',
    'CopyMissing',
    'RestoreMismatch',
    'KeyUnwrapFailed',
  );

/** The stored object that an error names, if it names one. */
export const damagedKey = (error: HoldfastError): string | undefined =>
  typeof error.facts['key'] === 'string' ? error.facts['key'] : undefined;
