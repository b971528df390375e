// The recovery manager's routes (001: Recovery Manager): plan, confirm, run, proof.

import path from 'node:path';
import { z } from 'zod';
import { isRestorable } from '../../../domain/backup-record.ts';
import type { BackupRecord } from '../../../domain/backup-record.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import { secretIn } from '../../config/secret-pattern.ts';
import type { RecoveryTarget } from '../../../domain/recovery-request.ts';
import { pageAnswer, pageFields, pageOf, recordId, selectedPaths, selectedTables, storeName } from '../fields.ts';
import { accepted, acceptedView } from '../operations.ts';
import { asked, created, ok, route } from '../route.ts';
import type { Call } from '../route.ts';
import { unsupportedRoute } from '../unsupported.ts';
import { viewerFor } from '../viewer.ts';
import { backupView, planView, recoveryView, viewOfBackup, viewOfPlan, viewOfRecovery } from '../views.ts';

const LOCAL_PATH_MAX = 4096;
const absolutePath = z
  .string()
  .min(1)
  .max(LOCAL_PATH_MAX)
  .refine((text) => path.isAbsolute(text) && !text.includes('\0'), {
    error: 'expected an absolute path on the machine where Holdfast runs',
  });

const SETTINGS_MAX = 30;
/** The engine parses them strictly when the plan is made; here only what must never come in is kept out. */
const connectionSettings = z
  .record(z.string().max(64), z.union([z.string().max(LOCAL_PATH_MAX), z.number(), z.boolean()]))
  .refine((settings) => Object.keys(settings).length <= SETTINGS_MAX, {
    error: `expected at most ${SETTINGS_MAX} settings`,
  })
  .superRefine((settings, context) => {
    for (const [key, value] of Object.entries(settings)) {
      const secret = typeof value === 'string' ? secretIn(key, value) : undefined;
      if (secret !== undefined)
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `carries a secret (${secret}): name it by credentialRef`,
        });
    }
  })
  .meta({ description: 'Connection settings of the engine: url or host, user, credentialRef; never a password' });

/** A place, never a secret: whoever restores into a database names a credential by reference. */
const target = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('directory'), path: absolutePath }),
    z.strictObject({ kind: z.literal('data-directory'), path: absolutePath }),
    z.strictObject({
      kind: z.literal('database'),
      settings: connectionSettings,
      database: z.string().min(1).max(128).optional(),
    }),
    z.strictObject({ kind: z.literal('in-place') }),
  ])
  .meta({ id: 'RecoveryTarget', description: 'Every kind but in-place must be new or empty' });

const planFields = {
  store: storeName,
  backupId: recordId.optional().meta({ description: 'The newest restorable backup when absent' }),
  target,
  options: z
    .strictObject({
      selectedTables: selectedTables.optional(),
      selectedFiles: selectedPaths.optional(),
      overwriteExisting: z.boolean().optional(),
      validateAfterRestore: z.boolean().optional(),
    })
    .default({}),
  location: storeName
    .optional()
    .meta({ description: 'Which copy to restore from; the nearest healthy one when absent' }),
};
const planRequest = z.strictObject(planFields);
const confirm = z
  .string()
  .max(128)
  .optional()
  .meta({ description: 'The exact store name, demanded when live data would be overwritten' });

const planRecovery = route({
  method: 'POST',
  path: '/api/v1/recovery/plan',
  operationId: 'planRecovery',
  summary:
    'Plan a restore: what, from which copy, how long, and what guards say; valid for ten minutes, changes nothing',
  permission: 'restore_data',
  bodySchema: planRequest,
  answers: { 201: planView },
  handle: async (call) => created(viewOfPlan(await planOf(call, call.body), viewerFor(call))),
});

const recoveryAccepted = acceptedView.extend({ recoveryId: z.string() }).meta({ id: 'RecoveryAccepted' });

const runRecovery = route({
  method: 'POST',
  path: '/api/v1/recovery/run',
  operationId: 'runRecovery',
  summary: 'Run a plan exactly as it was shown',
  permission: 'restore_data',
  bodySchema: z.strictObject({ planId: recordId, confirm }),
  answers: { 202: recoveryAccepted },
  handle: async (call) => await start(call, call.body.planId, call.body.confirm),
});

const selectiveRecovery = route({
  method: 'POST',
  path: '/api/v1/recovery/selective',
  operationId: 'restoreSelected',
  summary: 'Restore named tables or paths in one call: plans and runs',
  permission: 'restore_data',
  bodySchema: z.strictObject({ ...planFields, confirm }),
  answers: { 202: recoveryAccepted },
  handle: async (call) => {
    const { confirm: typed, ...request } = call.body;
    const { selectedTables: tables = [], selectedFiles: files = [] } = request.options;
    if (tables.length + files.length === 0) {
      throw new HoldfastError(
        'InvalidRequest',
        'name at least one table or path; a whole restore is planned at /recovery/plan',
        { pointer: '/options' },
      );
    }
    const plan = await planOf(call, request);
    return await start(call, plan.id, typed);
  },
});

const recoveryStatus = route({
  method: 'GET',
  path: '/api/v1/recovery/status/{recoveryId}',
  operationId: 'getRecovery',
  summary: 'A restore: status, proof, warnings or cause',
  permission: 'view_backups',
  pathSchema: z.strictObject({ recoveryId: recordId }),
  answers: { 200: recoveryView },
  handle: async ({ platform, services, path: { recoveryId }, language }) =>
    ok(viewOfRecovery(await services.loadRecovery(platform.catalog, recoveryId), viewerFor({ platform, language }))),
});

const listRecoveries = route({
  method: 'GET',
  path: '/api/v1/recovery/requests',
  operationId: 'listRecoveries',
  summary: 'Restores, newest first',
  permission: 'view_backups',
  querySchema: z.strictObject({ store: storeName.optional(), limit: pageFields.limit }),
  answers: { 200: z.object({ items: z.array(recoveryView) }) },
  handle: async ({ platform, services, query, language }) => {
    const request = { limit: query.limit, ...(query.store !== undefined && { store: query.store }) };
    const viewer = viewerFor({ platform, language });
    const recoveries = await services.listRecoveries(platform.catalog, request);
    return ok({ items: recoveries.map((recovery) => viewOfRecovery(recovery, viewer)) });
  },
});

const availableBackups = route({
  method: 'GET',
  path: '/api/v1/recovery/available-backups',
  operationId: 'listAvailableBackups',
  summary: 'Backups of a store that can be restored, newest first',
  permission: 'view_backups',
  querySchema: z.strictObject({ store: storeName, ...pageFields }),
  answers: { 200: pageOf(backupView, 'AvailableBackups') },
  handle: async ({ platform, services, query, language }) => {
    platform.policies.store(query.store);
    const viewer = viewerFor({ platform, language });
    const items: BackupRecord[] = [];
    let after = query.after;
    do {
      const page = await services.listBackups(platform.catalog, {
        store: query.store,
        limit: query.limit - items.length,
        ...(after !== undefined && { after }),
      });
      items.push(...page.items.filter((record) => isRestorable(record.status)));
      after = page.next;
    } while (after !== undefined && items.length < query.limit);
    return ok(
      pageAnswer(
        items.map((record) => viewOfBackup(record, viewer)),
        after,
      ),
    );
  },
});

const cancelRecovery = route({
  method: 'POST',
  path: '/api/v1/recovery/cancel/{recoveryId}',
  operationId: 'cancelRecovery',
  summary: 'Stop a restore; its target stays as unusable as it is',
  permission: 'restore_data',
  pathSchema: z.strictObject({ recoveryId: recordId }),
  answers: { 202: acceptedView },
  handle: async ({ platform, services, path: { recoveryId } }) => {
    const recovery = await services.loadRecovery(platform.catalog, recoveryId);
    await services.cancelRecovery(platform, recoveryId);
    return accepted([recovery]);
  },
});

const pointInTime = unsupportedRoute({
  method: 'POST',
  path: '/api/v1/recovery/point-in-time',
  operationId: 'restorePointInTime',
  summary: 'Restore to a moment between two backups',
  permission: 'restore_data',
  instead: 'restore a backup by POST /api/v1/recovery/plan',
});

const fullSystem = unsupportedRoute({
  method: 'POST',
  path: '/api/v1/recovery/full-system',
  operationId: 'restoreFullSystem',
  summary: 'Restore many services in dependency order',
  permission: 'restore_data',
  instead: 'restore one store after the other by POST /api/v1/recovery/plan',
});

async function planOf(call: Call, request: z.output<typeof planRequest>) {
  const { store, backupId, location, options } = request;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return await call.services.planRecovery(call.platform, {
    store,
    target: withoutUndefined(request.target),
    options: given,
    ...(backupId !== undefined && { backupId }),
    ...(location !== undefined && { location }),
    ...asked(call),
  });
}

async function start(call: Call, planId: string, typed: string | undefined) {
  const recovery = await call.services.requestRecovery(call.platform, {
    planId,
    ...(typed !== undefined && { confirm: typed }),
    ...asked(call),
  });
  return accepted([recovery], { recoveryId: recovery.id });
}

/** Optional fields are absent, not undefined, in what is hashed and stored. */
function withoutUndefined(given: z.output<typeof target>): RecoveryTarget {
  if (given.kind !== 'database') return given;
  const { database, ...rest } = given;
  return { ...rest, ...(database !== undefined && { database }) };
}

export const recoveryRoutes = [
  planRecovery,
  runRecovery,
  selectiveRecovery,
  recoveryStatus,
  listRecoveries,
  availableBackups,
  cancelRecovery,
  pointInTime,
  fullSystem,
] as const;
