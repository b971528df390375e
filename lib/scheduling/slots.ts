// Pure slot arithmetic: which slot of a schedule is due, which were missed, when the next comes. One catch-up for all that was missed.

import type { Schedule } from './cron.ts';
import { nextSlot } from './cron.ts';

/** The instant of a slot, milliseconds since the epoch. */
export type SlotAt = number;

export interface SlotRequest {
  readonly schedule: Schedule;
  /** The newest slot that was ever started; undefined before the first. */
  readonly lastSlotAt?: SlotAt;
  /** When the schedule came into being (milliseconds): earlier slots are nobody's. */
  readonly createdAt: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** A slot noticed within this time is on time. */
  readonly graceSeconds: number;
}

export interface DueSlots {
  /** The newest slot that has come: starting it catches up everything before it. Record it as `lastSlotAt` with the same write. */
  readonly due: { readonly slotAt: SlotAt } | undefined;
  /** Slots nobody started in time, oldest first; the due one is among them when it is late. Each is a `backup_delayed` to notice. */
  readonly missed: readonly SlotAt[];
  /** How many there were: more than are listed after a long silence. */
  readonly missedCount: number | 'more';
  /** Undefined when the schedule never comes again. */
  readonly nextAt: SlotAt | undefined;
  /** Above 0: the clock shows a time before the last slot by so much; nothing is started until it has caught up. Alarm on it. */
  readonly clockBehindSeconds: number;
}

/** Missed slots that are listed one by one; a minute schedule that slept a year has half a million. */
export const MISSED_LISTED_MAX = 500;

/**
 * A slot is never given twice as long as the caller records it, and none vanishes unnoticed: it is due, missed, or the clock is
 * reported to be behind. Two ticks at once get the same slot; its id is the idempotency key that makes one backup of them.
 */
export function dueSlots(request: SlotRequest): DueSlots {
  const { schedule, lastSlotAt, now } = request;
  const from = lastSlotAt ?? request.createdAt;
  const nextAt = nextSlot(schedule, Math.max(from, now));
  if (now < from) {
    const clockBehindSeconds = lastSlotAt === undefined ? 0 : Math.ceil((from - now) / 1000);
    return { due: undefined, missed: [], missedCount: 0, nextAt, clockBehindSeconds };
  }
  const newest = newestSlot(schedule, from, now);
  if (newest === undefined) return { due: undefined, missed: [], missedCount: 0, nextAt, clockBehindSeconds: 0 };
  const isLate = now - newest > request.graceSeconds * 1000;
  const { listed, isAll } = slotsBetween(schedule, from, isLate ? newest : newest - 1);
  return {
    due: { slotAt: newest },
    missed: listed,
    missedCount: isAll ? listed.length : 'more',
    nextAt,
    clockBehindSeconds: 0,
  };
}

/** The idempotency key of a slot: any number of ticks that see it start one backup (trap 41). */
export function slotId(slot: { readonly store: string; readonly schedule: string; readonly slotAt: SlotAt }): string {
  return `${slot.store}/${slot.schedule}/${new Date(slot.slotAt).toISOString()}`;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** First looks back shortly, then ever further: a minute schedule has its newest slot near, a leap-day schedule years away. */
const LOOK_BACK_MS = [HOUR_MS, DAY_MS, 32 * DAY_MS, 400 * DAY_MS, 9 * 366 * DAY_MS];
/** Steps forward from a look-back: a slot every minute of an hour, of a day … never more than the next shorter look-back missed. */
const STEPS_MAX = 100_000;

/** The newest slot in (from, now]. */
function newestSlot(schedule: Schedule, from: number, now: number): number | undefined {
  for (const lookBack of [...LOOK_BACK_MS, now - from]) {
    const start = Math.max(from, now - lookBack);
    let newest: number | undefined;
    let slot = nextSlot(schedule, start);
    for (let step = 0; slot !== undefined && slot <= now && step < STEPS_MAX; step++) {
      newest = slot;
      slot = nextSlot(schedule, slot);
    }
    if (newest !== undefined || start === from) return newest;
  }
  return undefined;
}

/** Slots in (from, to], the oldest of them listed. */
function slotsBetween(
  schedule: Schedule,
  from: number,
  to: number,
): { readonly listed: readonly number[]; readonly isAll: boolean } {
  const listed: number[] = [];
  let slot = nextSlot(schedule, from);
  while (slot !== undefined && slot <= to && listed.length < MISSED_LISTED_MAX) {
    listed.push(slot);
    slot = nextSlot(schedule, slot);
  }
  return { listed, isAll: slot === undefined || slot > to };
}
