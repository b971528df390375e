// Right: a slice knows jobs, records, repository and ports.
import { jobSize } from '../jobs/worker.ts';
import { recordSize } from '../records/backup-record.ts';
import { hashOf } from '../repository/pack.ts';

export const dumpSource = [jobSize, recordSize, hashOf];
