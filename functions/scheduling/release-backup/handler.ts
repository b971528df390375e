// State ReleaseBackup of statemachines/backup.asl.yaml: free the store in the queue and start what waited.

import { stepHandler } from '../../../lib/app/handler.ts';
import { releaseBackup, releaseBackupInput } from '../../../lib/scheduling/release-backup.ts';

export const handler = stepHandler(releaseBackup, releaseBackupInput);
