// A problem of a configuration: where it stands, what is wrong and what cures it; formatted so that an editor can jump to it.

import type { ErrorName } from '../../domain/errors.ts';

export interface Problem {
  /** An error refuses the file; a warning is shown and the file is taken. */
  readonly severity: 'error' | 'warning';
  readonly name: Extract<
    ErrorName,
    'InvalidConfiguration' | 'InvalidCron' | 'SecretInConfiguration' | 'CapabilityUnsupported'
  >;
  /** Lower case, no full stop. */
  readonly message: string;
  /** What to do, a clause for the brackets behind the message. */
  readonly cure?: string;
  /** Dotted path inside the file, for example `services.payment.stores.payment-db`. */
  readonly path: string;
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** How many characters the caret line marks. */
  readonly length: number;
  /** The source line, secrets masked: a report of a problem must never spread the secret it found. */
  readonly excerpt: string;
  /** Column of the caret below the excerpt. */
  readonly excerptColumn: number;
}

/** Three lines: position and message, the source line, the caret. */
export function formatProblem(problem: Problem): string {
  const cure = problem.cure === undefined ? '' : ` (${problem.cure})`;
  const at = `${problem.file}:${problem.line}:${problem.column}`;
  const head = `${at}  ${problem.severity}  ${problem.message}${cure}  ${problem.path}`.trimEnd();
  if (problem.excerpt.trim() === '') return head;
  const indent = problem.excerpt.slice(0, problem.excerptColumn - 1).replaceAll(/[^\t]/g, ' ');
  const room = Math.max(1, problem.excerpt.length - problem.excerptColumn + 1);
  return `${head}\n${problem.excerpt}\n${indent}${'^'.repeat(Math.min(problem.length, room))}`;
}
