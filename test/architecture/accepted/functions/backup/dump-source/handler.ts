// Right: a handler knows the application and its own slice.
import { wiring } from '../../../lib/app/wiring.ts';
import { dumpSource } from '../../../lib/backup/dump-source.ts';

export const handler = [wiring, dumpSource];
