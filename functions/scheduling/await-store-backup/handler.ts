// State AwaitStoreBackup of statemachines/backup-run.asl.yaml: wait until the child execution has ended, however it ended.

import { stepHandler } from '../../../lib/app/handler.ts';
import { awaitStoreBackup, awaitStoreBackupInput } from '../../../lib/scheduling/await-store-backup.ts';

export const handler = stepHandler(awaitStoreBackup, awaitStoreBackupInput);
