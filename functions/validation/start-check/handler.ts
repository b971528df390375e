// State StartCheck of statemachines/validation.asl.yaml: launch the worker that reads or restores.

import { stepHandler } from '../../../lib/app/handler.ts';
import { startCheck, startCheckInput } from '../../../lib/validation/start-check.ts';

export const handler = stepHandler(startCheck, startCheckInput);
