// Every engine there is: one line each. Nothing else outside an engine's folder names it.

import type { Engine } from '../ports/engine.ts';
import { files } from './files/engine.ts';
import { postgresql } from './postgresql/engine.ts';

export const engines: readonly Engine[] = [files, postgresql];
