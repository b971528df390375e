// State FinishRun of statemachines/backup-run.asl.yaml: free the places of this run and start what waited for them.

import { stepHandler } from '../../../lib/app/handler.ts';
import { finishRun, finishRunInput } from '../../../lib/scheduling/finish-run.ts';

export const handler = stepHandler(finishRun, finishRunInput);
