// State RecordValidation of statemachines/validation.asl.yaml: write the verdict on the backup's record; wrong bytes make it "corrupted".

import { stepHandler } from '../../../lib/app/handler.ts';
import { recordValidation, recordValidationInput } from '../../../lib/validation/record-validation.ts';

export const handler = stepHandler(recordValidation, recordValidationInput);
