// State PlanReplication of statemachines/backup.asl.yaml: list the further locations that the policy demands.

import { stepHandler } from '../../../lib/app/handler.ts';
import { planReplication, planReplicationInput } from '../../../lib/backup/plan-replication.ts';

export const handler = stepHandler(planReplication, planReplicationInput);
