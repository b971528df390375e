// The list of static checks, the slowest first so that the others run beside it.
import { deadCode } from './dead-code.ts';
import { documents } from './documents.ts';
import { format } from './format.ts';
import { imports } from './imports.ts';
import { lint } from './lint.ts';
import type { StaticCheck } from './static-check.ts';
import { types } from './types.ts';

export const allChecks: readonly StaticCheck[] = [lint, types, format, imports, deadCode, documents];
