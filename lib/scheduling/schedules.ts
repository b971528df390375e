// Schedules of stores: those of the configuration, and those made through the API (SPEC A1).

import type { AuditAction } from '../domain/audit-entry.ts';
import type { BackupType } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { ScheduleRule } from '../domain/store-policy.ts';
import type { Platform } from '../ports/platform.ts';
import { PLATFORM_CHAIN, auditWrites } from '../records/audit.ts';
import { decideAndWrite, load, loadAll, putOver } from '../records/items.ts';
import { SCHEDULE_PARTITION, idempotencyKey, scheduleKey, slotStateKey } from '../records/keys.ts';
import { nextSlot } from './cron.ts';
import type { SlotState } from './slot-state.ts';

const SCHEDULES_MAX = 10_000;

export interface ScheduleView {
  readonly id: string;
  readonly store: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly type: BackupType;
  readonly origin: 'configuration' | 'api';
  readonly lastRunAt?: string;
  readonly nextRunAt: string;
}

interface StoredSchedule {
  readonly id: string;
  readonly store: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly type: BackupType;
  readonly isDeleted: boolean;
}

interface Asked {
  readonly requestedBy: string;
  readonly idempotencyKey?: string;
}

/** Everything that makes backups of a store due. */
export async function schedulesOf(platform: Platform, store: string): Promise<readonly ScheduleRule[]> {
  const made = await storedSchedules(platform);
  return [...platform.policies.store(store).schedules, ...made.filter((schedule) => schedule.store === store)];
}

export async function listSchedules(platform: Platform): Promise<readonly ScheduleView[]> {
  const configured = platform.policies
    .stores()
    .flatMap(({ store, schedules }) =>
      schedules.map((schedule) => ({ ...schedule, store, origin: 'configuration' as const })),
    );
  const made = (await storedSchedules(platform)).map((schedule) => ({ ...schedule, origin: 'api' as const }));
  return await Promise.all([...configured, ...made].map((schedule) => viewOf(platform, schedule)));
}

/** @throws NotFound, InvalidCron, IdempotencyConflict */
export async function createSchedule(
  platform: Platform,
  request: Asked & { store: string; cron: string; timeZone: string; type: BackupType },
): Promise<ScheduleView> {
  platform.policies.store(request.store);
  assertFires(platform, request);
  const id = platform.ids.next('sch');
  const remembered = idempotencyKey('schedule', request.idempotencyKey ?? id);
  const { store, cron, timeZone, type } = request;
  const schedule = await decideAndWrite(platform.catalog, async () => {
    const earlier = await load<{ id: string }>(platform.catalog, remembered);
    if (earlier !== undefined) return { result: await loadSchedule(platform, earlier.value.id), writes: [] };
    const fresh: StoredSchedule = { id, store, cron, timeZone, type, isDeleted: false };
    const writes = [
      putOver(remembered, { id }, undefined),
      putOver(scheduleKey(id), fresh, undefined),
      ...(await audit(platform, 'schedule_created', request.requestedBy, fresh)),
    ];
    return { result: fresh, writes };
  });
  return await viewOf(platform, { ...schedule, origin: 'api' });
}

/** @throws NotFound, Forbidden (a schedule of the configuration), InvalidCron */
export async function updateSchedule(
  platform: Platform,
  request: Asked & { scheduleId: string; cron?: string; timeZone?: string; type?: BackupType },
): Promise<ScheduleView> {
  const { cron, timeZone, type } = request;
  const changed = await changeSchedule(platform, request, 'schedule_changed', (schedule) => {
    const next = {
      ...schedule,
      ...(cron !== undefined && { cron }),
      ...(timeZone !== undefined && { timeZone }),
      ...(type !== undefined && { type }),
    };
    assertFires(platform, next);
    return next;
  });
  return await viewOf(platform, { ...changed, origin: 'api' });
}

/** Marks it as deleted; the audit log keeps what it was. @throws NotFound, Forbidden */
export async function deleteSchedule(platform: Platform, request: Asked & { scheduleId: string }): Promise<void> {
  await changeSchedule(platform, request, 'schedule_deleted', (schedule) => ({ ...schedule, isDeleted: true }));
}

async function changeSchedule(
  platform: Platform,
  request: Asked & { scheduleId: string },
  action: AuditAction,
  change: (schedule: StoredSchedule) => StoredSchedule,
): Promise<StoredSchedule> {
  assertNotConfigured(platform, request.scheduleId);
  return await decideAndWrite(platform.catalog, async () => {
    const current = await load<StoredSchedule>(platform.catalog, scheduleKey(request.scheduleId));
    if (current === undefined || current.value.isDeleted) throw notFound(request.scheduleId);
    const next = change(current.value);
    const writes = [
      putOver(scheduleKey(next.id), next, current),
      ...(await audit(platform, action, request.requestedBy, next)),
    ];
    return { result: next, writes };
  });
}

const audit = async (
  platform: Platform,
  action: AuditAction,
  actor: string,
  { id, store, cron, timeZone }: StoredSchedule,
) =>
  await auditWrites(platform.catalog, platform.clock, PLATFORM_CHAIN, {
    action,
    actor,
    subject: id,
    details: { store, cron, timeZone },
  });

function assertNotConfigured(platform: Platform, scheduleId: string): void {
  const owner = platform.policies.stores().find(({ schedules }) => schedules.some(({ id }) => id === scheduleId));
  if (owner !== undefined) {
    throw new HoldfastError(
      'Forbidden',
      `schedule '${scheduleId}' stands in the configuration of '${owner.store}': change it there`,
      { scheduleId },
    );
  }
}

function assertFires(platform: Platform, schedule: { cron: string; timeZone: string }): void {
  if (nextSlot(schedule, platform.clock.now()) === undefined) {
    throw new HoldfastError('InvalidCron', `schedule '${schedule.cron}' never comes`, { cron: schedule.cron });
  }
}

async function viewOf(
  platform: Platform,
  schedule: ScheduleRule & { store: string; origin: 'configuration' | 'api' },
): Promise<ScheduleView> {
  const { id, store, cron, timeZone, type, origin } = schedule;
  const state = await load<SlotState>(platform.catalog, slotStateKey(store, id));
  const lastSlotAt = state?.value.lastSlotAt;
  const next = nextSlot(schedule, platform.clock.now()) ?? 0;
  return {
    id,
    store,
    cron,
    timeZone,
    type,
    origin,
    nextRunAt: new Date(next).toISOString(),
    ...(lastSlotAt !== undefined && { lastRunAt: new Date(lastSlotAt).toISOString() }),
  };
}

async function loadSchedule(platform: Platform, scheduleId: string): Promise<StoredSchedule> {
  const schedule = await load<StoredSchedule>(platform.catalog, scheduleKey(scheduleId));
  if (schedule === undefined) throw notFound(scheduleId);
  return schedule.value;
}

const storedSchedules = async (platform: Platform): Promise<readonly StoredSchedule[]> =>
  (await loadAll<StoredSchedule>(platform.catalog, SCHEDULE_PARTITION, '', SCHEDULES_MAX)).filter(
    (schedule) => !schedule.isDeleted,
  );

const notFound = (scheduleId: string): HoldfastError =>
  new HoldfastError('NotFound', `no schedule '${scheduleId}'`, { scheduleId });
