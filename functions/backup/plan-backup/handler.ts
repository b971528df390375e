// State PlanBackup of statemachines/backup.asl.yaml: probe the source and cut it into units that a worker can dump in one go.

import { stepHandler } from '../../../lib/app/handler.ts';
import { planBackup, planBackupInput } from '../../../lib/backup/plan-backup.ts';

export const handler = stepHandler(planBackup, planBackupInput);
