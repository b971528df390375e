// State FailValidation of statemachines/validation.asl.yaml: record that the validation itself could not be made; this says nothing about the backup.

import { stepHandler } from '../../../lib/app/handler.ts';
import { failValidation, failValidationInput } from '../../../lib/validation/fail-validation.ts';

export const handler = stepHandler(failValidation, failValidationInput);
