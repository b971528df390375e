// State PlanRun of statemachines/backup-run.asl.yaml: read which backups this run carries.

import { stepHandler } from '../../../lib/app/handler.ts';
import { planRun, planRunInput } from '../../../lib/scheduling/plan-run.ts';

export const handler = stepHandler(planRun, planRunInput);
