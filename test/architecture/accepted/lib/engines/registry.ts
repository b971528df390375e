// Right: the registry is where an engine is named.
import { engine } from './postgresql/engine.ts';

export const engines = [engine];
