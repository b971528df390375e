// State FailRecovery of statemachines/recovery.asl.yaml: record the failure with its cause, return the lease.

import { stepHandler } from '../../../lib/app/handler.ts';
import { failRecovery, failRecoveryInput } from '../../../lib/recovery/fail-recovery.ts';

export const handler = stepHandler(failRecovery, failRecoveryInput);
