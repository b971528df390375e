// Right: the registry is where a cloud is named.
import { run } from './local/flow-runner.ts';
import { localStore } from './local/object-store.ts';

export const clouds = [localStore, run];
