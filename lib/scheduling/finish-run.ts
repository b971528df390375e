// Ends a run: releases every backup of it and starts what waited for the free places. Safe to repeat.

import * as z from 'zod/mini';
import type { Platform } from '../ports/platform.ts';
import { dispatch, releaseFromQueue } from './dispatch.ts';
import { planRun } from './plan-run.ts';

export const finishRunInput = z.strictObject({ runId: z.string() });

export async function finishRun(platform: Platform, input: z.infer<typeof finishRunInput>) {
  const { backups } = await planRun(platform, input);
  for (const { backupId } of backups) await releaseFromQueue(platform, backupId);
  const started = await dispatch(platform);
  return { runId: input.runId, startedNext: started.length };
}
