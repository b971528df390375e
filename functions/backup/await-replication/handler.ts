// State AwaitReplication of statemachines/backup.asl.yaml: poll until the copy has been read back.

import { stepHandler } from '../../../lib/app/handler.ts';
import { awaitReplication, awaitReplicationInput } from '../../../lib/backup/await-replication.ts';

export const handler = stepHandler(awaitReplication, awaitReplicationInput);
