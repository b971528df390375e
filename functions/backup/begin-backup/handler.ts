// State BeginBackup of statemachines/backup.asl.yaml: take over the fence of the store's repository and mark the record as running.

import { stepHandler } from '../../../lib/app/handler.ts';
import { beginBackup, beginBackupInput } from '../../../lib/backup/begin-backup.ts';

export const handler = stepHandler(beginBackup, beginBackupInput);
