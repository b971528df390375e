// State BeginValidation of statemachines/validation.asl.yaml: lease the recovery point against retention.

import { stepHandler } from '../../../lib/app/handler.ts';
import { beginValidation, beginValidationInput } from '../../../lib/validation/begin-validation.ts';

export const handler = stepHandler(beginValidation, beginValidationInput);
