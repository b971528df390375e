// Asks how the check is doing. Only reads, so it may run any number of times.

import * as z from 'zod/mini';
import { awaitJob } from '../jobs/await-job.ts';
import type { Platform } from '../ports/platform.ts';
import { CHECK_JOB } from './start-check.ts';

export const awaitCheckInput = z.strictObject({ validationId: z.string() });

/** @throws StillRunning, WorkerLost, or the error the check ended with */
export async function awaitCheck(platform: Platform, { validationId }: z.infer<typeof awaitCheckInput>) {
  await awaitJob(platform, { owner: validationId, job: CHECK_JOB });
  return { validationId };
}
