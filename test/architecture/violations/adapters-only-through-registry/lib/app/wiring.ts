// Wrong on purpose: an engine is named in a second place, past its registry.
import { engine } from '../engines/redis/engine.ts';

export const chosen = engine;
