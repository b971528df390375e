// The backup manager's routes (001: Backup Scheduler and Backup Manager).

import { z } from 'zod';
import { HoldfastError, asHoldfastError, toStoredError } from '../../../domain/errors.ts';
import type { ErrorName } from '../../../domain/errors.ts';
import { backupType, cron, recordId, scheduleId, storeName, storeNames, timeZone } from '../fields.ts';
import { accepted, acceptedView, loadOperation, operationView } from '../operations.ts';
import { asked, created, done, ok, route } from '../route.ts';
import type { Answer, Call } from '../route.ts';
import { databaseStoresOf, storesHolding } from '../select-stores.ts';
import { viewerFor } from '../viewer.ts';
import { backupView, causeOf, instant, viewOfBackup } from '../views.ts';

const scheduleView = z
  .object({
    id: z.string(),
    store: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    type: backupType,
    origin: z.enum(['configuration', 'api']),
    lastRunAt: instant.optional(),
    nextRunAt: instant,
  })
  .meta({ id: 'Schedule' });

const backupStatusView = backupView.extend({ operation: operationView }).meta({ id: 'BackupStatus' });
export type BackupStatusView = z.infer<typeof backupStatusView>;

const createSchedule = route({
  method: 'POST',
  path: '/api/v1/backup/schedule',
  operationId: 'createSchedule',
  summary: 'Add a schedule to a store',
  permission: 'manage_schedules',
  bodySchema: z.strictObject({
    store: storeName,
    cron,
    timeZone: timeZone.default('UTC'),
    type: backupType.default('full'),
  }),
  answers: { 201: scheduleView },
  handle: async ({ platform, services, body, ...call }) =>
    created(await services.createSchedule(platform, { ...body, ...asked(call) })),
});

const listSchedules = route({
  method: 'GET',
  path: '/api/v1/backup/schedules',
  operationId: 'listSchedules',
  summary: 'List the schedules of the configuration and of the API with their last and next run',
  permission: 'view_backups',
  answers: { 200: z.object({ items: z.array(scheduleView) }) },
  handle: async ({ platform, services }) => ok({ items: await services.listSchedules(platform) }),
});

const updateSchedule = route({
  method: 'PUT',
  path: '/api/v1/backup/schedules/{scheduleId}',
  operationId: 'updateSchedule',
  summary: 'Change a schedule that was made by the API',
  permission: 'manage_schedules',
  pathSchema: z.strictObject({ scheduleId }),
  bodySchema: z.strictObject({ cron: cron.optional(), timeZone: timeZone.optional(), type: backupType.optional() }),
  answers: { 200: scheduleView },
  handle: async ({ platform, services, path, body, ...call }) => {
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    return ok(await services.updateSchedule(platform, { scheduleId: path.scheduleId, ...given, ...asked(call) }));
  },
});

const deleteSchedule = route({
  method: 'DELETE',
  path: '/api/v1/backup/schedules/{scheduleId}',
  operationId: 'deleteSchedule',
  summary: 'Delete a schedule that was made by the API; its backups stay',
  permission: 'manage_schedules',
  pathSchema: z.strictObject({ scheduleId }),
  answers: {},
  handle: async ({ platform, services, path, ...call }) => {
    await services.deleteSchedule(platform, { scheduleId: path.scheduleId, ...asked(call) });
    return done();
  },
});

const triggerBackup = route({
  method: 'POST',
  path: '/api/v1/backup/trigger/{backupType}',
  operationId: 'triggerBackup',
  summary: 'Back up the named stores now, or all of them',
  permission: 'create_backup',
  pathSchema: z.strictObject({ backupType }),
  bodySchema: z.strictObject({ stores: storeNames.optional() }),
  answers: { 202: acceptedView },
  handle: async (call) => {
    const stores = call.body.stores ?? call.platform.policies.stores().map((policy) => policy.store);
    return await startBackups(call, { stores, type: call.path.backupType });
  },
});

const backUpDatabases = route({
  method: 'POST',
  path: '/api/v1/backup/database/{serviceId}',
  operationId: 'backUpDatabases',
  summary: "Back up a service's databases now",
  permission: 'create_backup',
  pathSchema: z.strictObject({ serviceId: storeName }),
  bodySchema: z.strictObject({ stores: storeNames.optional(), type: backupType.optional() }),
  answers: { 202: acceptedView },
  handle: async (call) => {
    const stores = databaseStoresOf(call.platform, call.path.serviceId, call.body.stores);
    return await startBackups(call, { stores, ...(call.body.type !== undefined && { type: call.body.type }) });
  },
});

const backUpFiles = route({
  method: 'POST',
  path: '/api/v1/backup/files/{path+}',
  operationId: 'backUpFiles',
  summary: 'Back up the store whose tree holds this path; the path may be percent-encoded',
  permission: 'create_backup',
  pathSchema: z.strictObject({ path: z.string().min(1).max(4096) }),
  bodySchema: z.strictObject({ type: backupType.optional() }),
  answers: { 202: acceptedView },
  handle: async (call) => {
    const stores = storesHolding(call.platform, call.path.path);
    return await startBackups(call, { stores, ...(call.body.type !== undefined && { type: call.body.type }) });
  },
});

const backUpIncrement = route({
  method: 'POST',
  path: '/api/v1/backup/incremental/{backupId}',
  operationId: 'backUpIncrement',
  summary: "Make an increment on a backup; it must be its store's newest restorable one",
  permission: 'create_backup',
  pathSchema: z.strictObject({ backupId: recordId }),
  answers: { 202: acceptedView },
  handle: async (call) => {
    const { platform, services, path } = call;
    const base = await services.loadBackup(platform.catalog, path.backupId);
    const newest = await services.newestRestorable(platform.catalog, base.store);
    if (newest?.id !== base.id) {
      throw new HoldfastError(
        'CapabilityUnsupported',
        `unable to build on '${base.id}': increments build on the newest restorable backup, ${newest === undefined ? 'and there is none' : `'${newest.id}'`}`,
        {
          parameter: 'backupId',
        },
      );
    }
    return await startBackups(call, { stores: [base.store], type: 'incremental' });
  },
});

const backUpSnapshot = route({
  method: 'POST',
  path: '/api/v1/backup/snapshot',
  operationId: 'backUpSnapshot',
  summary: 'Snapshot of one store whose engine makes snapshots; several stores at one moment are not supported yet',
  permission: 'create_backup',
  bodySchema: z.strictObject({ stores: storeNames }),
  answers: { 202: acceptedView },
  handle: async (call) => {
    if (call.body.stores.length > 1) {
      throw new HoldfastError(
        'CapabilityUnsupported',
        'unable to snapshot several stores at one moment: name one store',
        { pointer: '/stores' },
      );
    }
    return await startBackups(call, { stores: call.body.stores, type: 'snapshot' });
  },
});

const backupStatus = route({
  method: 'GET',
  path: '/api/v1/backup/status/{backupId}',
  operationId: 'getBackup',
  summary: 'A backup: status, copies, checks and, while it runs, progress',
  permission: 'view_backups',
  pathSchema: z.strictObject({ backupId: recordId }),
  answers: { 200: backupStatusView },
  handle: async ({ platform, services, path, language }) => {
    const record = await services.loadBackup(platform.catalog, path.backupId);
    return ok({
      ...viewOfBackup(record, viewerFor({ platform, language })),
      operation: await loadOperation(platform, services, record.id, language),
    });
  },
});

/**
 * Asks store by store, so that one busy source keeps no other from being backed up: what was refused stands beside what was accepted.
 * @throws NotFound before anything is begun; the refusal itself when there is nothing but refusals
 */
async function startBackups(
  call: Call,
  request: { readonly stores: readonly string[]; readonly type?: z.infer<typeof backupType> },
): Promise<Answer> {
  const { platform, services, language } = call;
  const stores = [...new Set(request.stores)];
  for (const store of stores) platform.policies.store(store);
  const started: { readonly id: string; readonly store: string }[] = [];
  const refused: { readonly store: string; readonly error: HoldfastError }[] = [];
  for (const store of stores) {
    try {
      const { backups } = await services.requestBackup(platform, {
        ...request,
        stores: [store],
        trigger: 'http',
        ...asked(call),
      });
      started.push(...backups.map(({ backupId }) => ({ id: backupId, store })));
    } catch (error) {
      refused.push({ store, error: asHoldfastError(error) });
    }
  }
  const [first] = refused;
  const mustFail =
    first !== undefined && (started.length === 0 || refused.some(({ error }) => !REFUSALS.includes(error.name)));
  if (mustFail) throw first.error;
  return accepted(started, {
    ...(first !== undefined && {
      refused: refused.map(({ store, error }) => ({ store, ...causeOf(toStoredError(error), language) })),
    }),
  });
}

/** What one store may be refused for while the others go on. */
const REFUSALS: readonly ErrorName[] = ['SourceBusy', 'QueueFull', 'CapabilityUnsupported'];

export const backupRoutes = [
  createSchedule,
  listSchedules,
  updateSchedule,
  deleteSchedule,
  triggerBackup,
  backUpDatabases,
  backUpFiles,
  backUpIncrement,
  backUpSnapshot,
  backupStatus,
] as const;
