// State QuarantineBackup of statemachines/backup.asl.yaml: keep the evidence; the copy is not offered for restores.

import { stepHandler } from '../../../lib/app/handler.ts';
import { quarantineBackup, quarantineBackupInput } from '../../../lib/backup/quarantine-backup.ts';

export const handler = stepHandler(quarantineBackup, quarantineBackupInput);
