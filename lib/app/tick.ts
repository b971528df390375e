// One tick of the platform: what is due is queued and started, what is late is told. Any number of ticks may run at once.

import { noticeStateChange } from '../monitoring/notice-state-change.ts';
import type { Platform } from '../ports/platform.ts';
import { tick } from '../scheduling/tick.ts';

export async function tickPlatform(
  platform: Platform,
): Promise<{ readonly queued: number; readonly started: number; readonly delayed: number }> {
  const { queued, started, delayed } = await tick(platform);
  for (const { store, since } of delayed) await noticeStateChange(platform, { store, delayedSince: since });
  return { queued: queued.length, started: started.length, delayed: delayed.length };
}
