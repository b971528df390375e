// State StartStoreBackup of statemachines/backup-run.asl.yaml: start the store's own execution; its name is the backup id.

import { stepHandler } from '../../../lib/app/handler.ts';
import { startStoreBackup, startStoreBackupInput } from '../../../lib/scheduling/start-store-backup.ts';

export const handler = stepHandler(startStoreBackup, startStoreBackupInput);
