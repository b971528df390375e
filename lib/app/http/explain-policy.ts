// Explains the effective policy of a store of a configuration file, for the command line, which has no clock of its own.

import { clouds } from '../../clouds/registry.ts';
import { explainStore } from '../config/explain-store.ts';
import type { StoreExplanation } from '../config/explain-store.ts';
import { readConfiguration } from '../wiring.ts';

/** @throws NotFound, InvalidConfiguration with every problem of the file */
export const explainPolicy = (configFile: string, store: string): StoreExplanation =>
  explainStore(readConfiguration(configFile), store, clouds.local.clock.now());
