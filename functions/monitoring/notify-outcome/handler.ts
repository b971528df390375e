// State NotifyOutcome of statemachines/backup.asl.yaml: tell a person when the store's state has changed; a dead channel never changes the backup's outcome.

import { stepHandler } from '../../../lib/app/handler.ts';
import { notifyOutcome, notifyOutcomeInput } from '../../../lib/monitoring/notify-outcome.ts';

export const handler = stepHandler(notifyOutcome, notifyOutcomeInput);
