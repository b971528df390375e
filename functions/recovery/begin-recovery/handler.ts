// State BeginRecovery of statemachines/recovery.asl.yaml: check that the plan still holds and lease the recovery point against retention.

import { stepHandler } from '../../../lib/app/handler.ts';
import { beginRecovery, beginRecoveryInput } from '../../../lib/recovery/begin-recovery.ts';

export const handler = stepHandler(beginRecovery, beginRecoveryInput);
