// Reads which backups a run carries. Only reads: the dispatcher decided it in one write together with the queue.

import * as z from 'zod/mini';
import { HoldfastError } from '../domain/errors.ts';
import type { Platform } from '../ports/platform.ts';
import { load } from '../records/items.ts';
import { runKey } from '../records/keys.ts';

interface Run {
  readonly backups: readonly { readonly backupId: string; readonly store: string }[];
}

export const planRunInput = z.strictObject({ runId: z.string() });

export async function planRun(platform: Platform, input: z.infer<typeof planRunInput>) {
  const run = await load<Run>(platform.catalog, runKey(input.runId));
  if (run === undefined) throw new HoldfastError('NotFound', `no run '${input.runId}'`, { runId: input.runId });
  return { runId: input.runId, backups: run.value.backups };
}
