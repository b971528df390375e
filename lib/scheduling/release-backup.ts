// Frees the store of a settled backup, so that the next one may start. Safe to repeat.

import * as z from 'zod/mini';
import type { Platform } from '../ports/platform.ts';
import { dispatch, releaseFromQueue } from './dispatch.ts';

export const releaseBackupInput = z.strictObject({ backupId: z.string() });

export async function releaseBackup(platform: Platform, input: z.infer<typeof releaseBackupInput>) {
  await releaseFromQueue(platform, input.backupId);
  await dispatch(platform);
  return { backupId: input.backupId };
}
