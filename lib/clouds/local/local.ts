// The local cloud as the registry offers it: how to build it, and the tools with which `init` and the worker need to begin.

import { systemClock } from './clock.ts';
import { endWithParent } from './end-with-parent.ts';
import { createFlowRunner } from './flow-runner/flow-runner.ts';
import { createIdSource } from './ids.ts';
import { createKeyFile } from './key-provider.ts';
import { createLocalCloud, defaultKeyFile } from './local-cloud.ts';
import { createJsonLog, silentLog } from './log.ts';
import { writePlaceMarker } from './place-marker.ts';

export const local = {
  createCloud: createLocalCloud,
  createFlowRunner,
  clock: systemClock,
  createIdSource,
  createKeyFile,
  defaultKeyFile,
  writePlaceMarker,
  createJsonLog,
  silentLog,
  endWithParent,
} as const;
