// Checks the text of a holdfast.yaml and tells every problem at once, as data and as three lines with a caret.

import { clouds } from '../../clouds/registry.ts';
import { ERROR_TABLE } from '../../domain/errors.ts';
import { engines } from '../../engines/registry.ts';
import { loadConfiguration } from '../config/load-configuration.ts';
import { formatProblem } from '../config/problem.ts';

export interface ConfigurationCheck {
  readonly isValid: boolean;
  readonly problems: readonly {
    readonly severity: 'error' | 'warning';
    readonly code: string;
    readonly message: string;
    readonly cure?: string;
    readonly path: string;
    readonly line: number;
    readonly column: number;
    /** Position and message, the source line, the caret; secrets masked. */
    readonly formatted: string;
  }[];
  /** What the file declares, when it is valid. */
  readonly stores: number;
}

export function checkConfiguration(
  text: string,
  file: string,
  nowMilliseconds = clouds.local.clock.now(),
): ConfigurationCheck {
  const result = loadConfiguration({ text, file, engines: { built: engines }, now: nowMilliseconds });
  const problems = result.ok ? result.configuration.warnings : result.problems;
  return {
    isValid: result.ok,
    problems: problems.map((problem) => ({
      severity: problem.severity,
      code: ERROR_TABLE[problem.name].code,
      message: problem.message,
      ...(problem.cure !== undefined && { cure: problem.cure }),
      path: problem.path,
      line: problem.line,
      column: problem.column,
      formatted: formatProblem(problem),
    })),
    stores: result.ok ? result.configuration.stores.length + result.configuration.skipped.length : 0,
  };
}
