// State ValidateRestore of statemachines/recovery.asl.yaml: compare what was restored with what the recovery point promised.

import { stepHandler } from '../../../lib/app/handler.ts';
import { validateRestore, validateRestoreInput } from '../../../lib/recovery/validate-restore.ts';

export const handler = stepHandler(validateRestore, validateRestoreInput);
