// Right: the application joins everything, adapters through their registries.
import { dumpSource } from '../backup/dump-source.ts';
import { clouds } from '../clouds/registry.ts';
import { engines } from '../engines/registry.ts';

export const wiring = [dumpSource, clouds, engines];
