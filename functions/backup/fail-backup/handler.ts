// State FailBackup of statemachines/backup.asl.yaml: record the failure with its cause; a wrong byte is "corrupted".

import { stepHandler } from '../../../lib/app/handler.ts';
import { failBackup, failBackupInput } from '../../../lib/backup/fail-backup.ts';

export const handler = stepHandler(failBackup, failBackupInput);
