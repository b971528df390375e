// State AwaitDump of statemachines/backup.asl.yaml: poll until the worker has written its result.

import { stepHandler } from '../../../lib/app/handler.ts';
import { awaitDump, awaitDumpInput } from '../../../lib/backup/await-dump.ts';

export const handler = stepHandler(awaitDump, awaitDumpInput);
