// State StartVerification of statemachines/backup.asl.yaml: launch the worker that reads every new byte back from the primary location.

import { stepHandler } from '../../../lib/app/handler.ts';
import { startVerification, startVerificationInput } from '../../../lib/backup/start-verification.ts';

export const handler = stepHandler(startVerification, startVerificationInput);
