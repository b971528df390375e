// State CompleteRecovery of statemachines/recovery.asl.yaml: write the proof, return the lease.

import { stepHandler } from '../../../lib/app/handler.ts';
import { completeRecovery, completeRecoveryInput } from '../../../lib/recovery/complete-recovery.ts';

export const handler = stepHandler(completeRecovery, completeRecoveryInput);
