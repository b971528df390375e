// State CheckCompliance of statemachines/backup.asl.yaml: gather facts from stores and keys, apply every rule in force; "unknown" is never a pass.

import { stepHandler } from '../../../lib/app/handler.ts';
import { checkCompliance, checkComplianceInput } from '../../../lib/backup/check-compliance.ts';

export const handler = stepHandler(checkCompliance, checkComplianceInput);
