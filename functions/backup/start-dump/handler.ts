// State StartDump of statemachines/backup.asl.yaml: begin an attempt and launch its worker; after three failed attempts, fail with what the last one said.

import { stepHandler } from '../../../lib/app/handler.ts';
import { startDump, startDumpInput } from '../../../lib/backup/start-dump.ts';

export const handler = stepHandler(startDump, startDumpInput);
