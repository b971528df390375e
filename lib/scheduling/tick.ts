// Finds what is due, queues it under its slot as idempotency key, starts what may start. Any number of ticks may run at once, late
// or twice: a slot starts one backup. Missed slots are caught up once, not once per slot, and are told (SPEC A6, A7).

import { hasErrorName } from '../domain/errors.ts';
import type { ScheduleRule } from '../domain/store-policy.ts';
import type { Platform } from '../ports/platform.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { slotStateKey } from '../records/keys.ts';
import { dispatch } from './dispatch.ts';
import { requestBackup } from './request-backup.ts';
import { schedulesOf } from './schedules.ts';
import type { SlotState } from './slot-state.ts';
import { dueSlots, slotId } from './slots.ts';

/** A run this much later than its slot is told as delayed: two ticks may be lost without anybody being woken. */
const DELAY_TOLD_AFTER_SECONDS = 180;

export interface TickResult {
  readonly queued: readonly { readonly store: string; readonly backupId: string }[];
  readonly started: readonly string[];
  readonly delayed: readonly { readonly store: string; readonly since: string }[];
}

export async function tick(platform: Platform): Promise<TickResult> {
  const queued: { store: string; backupId: string }[] = [];
  const delayed: { store: string; since: string }[] = [];
  for (const { store } of platform.policies.stores()) {
    for (const schedule of await schedulesOf(platform, store)) {
      const outcome = await tickSchedule(platform, store, schedule);
      if (outcome.backupId !== undefined) queued.push({ store, backupId: outcome.backupId });
      if (outcome.delayedSince !== undefined) delayed.push({ store, since: outcome.delayedSince });
    }
  }
  return { queued, delayed, started: await dispatch(platform) };
}

interface ScheduleOutcome {
  readonly backupId?: string;
  readonly delayedSince?: string;
}

/** The order matters: first the request under the slot's key, then the slot is noted. A crash between repeats the same request. */
async function tickSchedule(platform: Platform, store: string, schedule: ScheduleRule): Promise<ScheduleOutcome> {
  const now = platform.clock.now();
  const state = await slotState(platform, store, schedule.id, now);
  const { due, missed, clockBehindSeconds } = dueSlots({
    schedule,
    createdAt: state.createdAt,
    now,
    graceSeconds: DELAY_TOLD_AFTER_SECONDS,
    ...(state.lastSlotAt !== undefined && { lastSlotAt: state.lastSlotAt }),
  });
  // Slots are not taken back: a clock that was set back makes the schedule wait, and somebody should know why.
  if (clockBehindSeconds > 0)
    platform.log.error('the clock stands before the last slot', { store, schedule: schedule.id, clockBehindSeconds });
  if (due === undefined) return {};
  const oldest = missed[0];
  const lateness = oldest === undefined ? {} : { delayedSince: new Date(oldest).toISOString() };
  const backupId = await requestSlot(platform, store, schedule, due.slotAt);
  if (backupId === undefined) return lateness;
  await noteSlot(platform, store, schedule.id, due.slotAt);
  return { backupId, ...lateness };
}

/** Undefined when the queue cannot take it now: the slot stays due, and the next tick asks again. */
async function requestSlot(
  platform: Platform,
  store: string,
  schedule: ScheduleRule,
  slotAt: number,
): Promise<string | undefined> {
  try {
    const { backups } = await requestBackup(platform, {
      stores: [store],
      type: schedule.type,
      requestedBy: 'schedule',
      trigger: 'schedule',
      slot: new Date(slotAt).toISOString(),
      idempotencyKey: slotId({ store, schedule: schedule.id, slotAt }),
    });
    return backups[0]?.backupId;
  } catch (error) {
    if (!hasErrorName(error, 'SourceBusy', 'QueueFull', 'CapabilityUnsupported')) throw error;
    platform.log.warn('a due slot waits', { store, schedule: schedule.id, reason: String(error) });
    return undefined;
  }
}

async function slotState(platform: Platform, store: string, schedule: string, now: number): Promise<SlotState> {
  const key = slotStateKey(store, schedule);
  return await decideAndWrite(platform.catalog, async () => {
    const current = await load<SlotState>(platform.catalog, key);
    if (current !== undefined) return { result: current.value, writes: [] };
    const fresh: SlotState = { createdAt: now };
    return { result: fresh, writes: [putOver(key, fresh, undefined)] };
  });
}

/** Only ever moves forward: a tick that reports late must not make an old slot due again. */
async function noteSlot(platform: Platform, store: string, schedule: string, slotAt: number): Promise<void> {
  const key = slotStateKey(store, schedule);
  await decideAndWrite(platform.catalog, async () => {
    const current = await load<SlotState>(platform.catalog, key);
    if (current === undefined || (current.value.lastSlotAt ?? 0) >= slotAt) return { result: undefined, writes: [] };
    return { result: undefined, writes: [putOver(key, { ...current.value, lastSlotAt: slotAt }, current)] };
  });
}
