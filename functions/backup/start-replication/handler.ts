// State StartReplication of statemachines/backup.asl.yaml: launch the worker that copies and verifies.

import { stepHandler } from '../../../lib/app/handler.ts';
import { startReplication, startReplicationInput } from '../../../lib/backup/start-replication.ts';

export const handler = stepHandler(startReplication, startReplicationInput);
