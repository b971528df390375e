// Right: jobs know records.
import { recordSize } from '../records/backup-record.ts';

export const jobSize = recordSize;
