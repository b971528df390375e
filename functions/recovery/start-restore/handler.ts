// State StartRestore of statemachines/recovery.asl.yaml: launch the worker that restores.

import { stepHandler } from '../../../lib/app/handler.ts';
import { startRestore, startRestoreInput } from '../../../lib/recovery/start-restore.ts';

export const handler = stepHandler(startRestore, startRestoreInput);
