// State CompleteBackup of statemachines/backup.asl.yaml: one transaction - status, audit entry and the check that the fence is still ours.

import { stepHandler } from '../../../lib/app/handler.ts';
import { completeBackup, completeBackupInput } from '../../../lib/backup/complete-backup.ts';

export const handler = stepHandler(completeBackup, completeBackupInput);
