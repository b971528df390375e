// Which code runs for which kind of job; the worker's only table.

import { dumpUnit } from '../backup/dump-unit.ts';
import { replicateCopy } from '../backup/replicate-copy.ts';
import { verifyCopy } from '../backup/verify-copy.ts';
import type { JobHandlers } from '../jobs/run-job.ts';
import { restorePoint } from '../recovery/restore-point.ts';
import { checkBackup } from '../validation/check-backup.ts';

export const jobHandlers: JobHandlers = {
  'dump-unit': dumpUnit,
  'verify-copy': verifyCopy,
  'replicate-copy': replicateCopy,
  'restore-point': restorePoint,
  'check-backup': checkBackup,
};
