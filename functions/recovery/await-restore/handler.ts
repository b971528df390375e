// State AwaitRestore of statemachines/recovery.asl.yaml: poll until the data is written and compared.

import { stepHandler } from '../../../lib/app/handler.ts';
import { awaitRestore, awaitRestoreInput } from '../../../lib/recovery/await-restore.ts';

export const handler = stepHandler(awaitRestore, awaitRestoreInput);
