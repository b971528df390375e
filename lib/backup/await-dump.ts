// Asks how a unit's dump is doing. Only reads, so it may run any number of times.

import * as z from 'zod/mini';
import { awaitJob } from '../jobs/await-job.ts';
import type { Platform } from '../ports/platform.ts';
import { dumpJob } from './dump-plan.ts';

export const awaitDumpInput = z.strictObject({ backupId: z.string(), unit: z.number() });

/** @throws StillRunning, WorkerLost, or the error the dump ended with */
export async function awaitDump(platform: Platform, { backupId, unit }: z.infer<typeof awaitDumpInput>) {
  await awaitJob(platform, { owner: backupId, job: dumpJob(unit) });
  return { unit };
}
