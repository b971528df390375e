// State AwaitCheck of statemachines/validation.asl.yaml: poll until the check has its verdict.

import { stepHandler } from '../../../lib/app/handler.ts';
import { awaitCheck, awaitCheckInput } from '../../../lib/validation/await-check.ts';

export const handler = stepHandler(awaitCheck, awaitCheckInput);
