// State AwaitVerification of statemachines/backup.asl.yaml: poll the verification; a wrong byte ends in "corrupted".

import { stepHandler } from '../../../lib/app/handler.ts';
import { awaitVerification, awaitVerificationInput } from '../../../lib/backup/await-verification.ts';

export const handler = stepHandler(awaitVerification, awaitVerificationInput);
