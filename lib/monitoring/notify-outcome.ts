// The machine's last word to people: after a backup or validation has settled, tells when the store's condition changed. Safe to repeat.

import * as z from 'zod/mini';
import type { Platform } from '../ports/platform.ts';
import { noticeStateChange } from './notice-state-change.ts';

export const notifyOutcomeInput = z.strictObject({ backupId: z.string() });

export async function notifyOutcome(platform: Platform, { backupId }: z.infer<typeof notifyOutcomeInput>) {
  await noticeStateChange(platform, { backupId });
  return { backupId };
}
