// Routes of the platform itself: are we safe, why not, what is running, what is in force.

import { z } from 'zod';
import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import { isoNow } from '../../../ports/clock.ts';
import { checkupView } from '../checkup.ts';
import { coverageOf, coverageView, storeStateView, viewOfState } from '../coverage.ts';
import { diagnosisView, viewOfExplanation } from '../diagnosis.ts';
import { pageAnswer, pageFields, pageOf, recordId, storeName } from '../fields.ts';
import { accepted, acceptedView, loadOperation, operationView } from '../operations.ts';
import { policiesView, viewOfLocation, viewOfPolicy } from '../policies.ts';
import { ok, route } from '../route.ts';
import { viewerFor } from '../viewer.ts';
import { backupView, viewOfBackup } from '../views.ts';

const coverage = route({
  method: 'GET',
  path: '/api/v1/coverage',
  operationId: 'getCoverage',
  summary: 'Every store in five states: what a disaster would cost now',
  permission: 'view_backups',
  answers: { 200: coverageView },
  handle: async ({ platform, services, language }) =>
    ok(coverageOf(await services.storeStates(platform), isoNow(platform.clock), language)),
});

const store = route({
  method: 'GET',
  path: '/api/v1/stores/{store}',
  operationId: 'getStore',
  summary: 'One store: its state',
  permission: 'view_backups',
  pathSchema: z.strictObject({ store: storeName }),
  answers: { 200: storeStateView },
  handle: async ({ platform, services, path, language }) =>
    ok(viewOfState(await services.storeState(platform, path.store), language)),
});

const diagnosis = route({
  method: 'GET',
  path: '/api/v1/stores/{store}/diagnosis',
  operationId: 'explainStore',
  summary: 'Why a store is in its state: cause, proof, what is still restorable, cure',
  permission: 'view_backups',
  pathSchema: z.strictObject({ store: storeName }),
  answers: { 200: diagnosisView },
  handle: async ({ platform, services, path, language }) =>
    ok(viewOfExplanation(await services.explainStore(platform, path.store, language), language)),
});

const storeBackups = route({
  method: 'GET',
  path: '/api/v1/stores/{store}/backups',
  operationId: 'listBackups',
  summary: 'All backups of a store, newest first',
  permission: 'view_backups',
  pathSchema: z.strictObject({ store: storeName }),
  querySchema: z.strictObject(pageFields),
  answers: { 200: pageOf(backupView, 'Backups') },
  handle: async ({ platform, services, path, query, language }) => {
    platform.policies.store(path.store);
    const viewer = viewerFor({ platform, language });
    const request = {
      store: path.store,
      newestFirst: true,
      limit: query.limit,
      ...(query.after !== undefined && { after: query.after }),
    };
    const page = await services.listBackups(platform.catalog, request);
    return ok(
      pageAnswer(
        page.items.map((record) => viewOfBackup(record, viewer)),
        page.next,
      ),
    );
  },
});

const operation = route({
  method: 'GET',
  path: '/api/v1/operations/{id}',
  operationId: 'getOperation',
  summary: 'A backup, restore or validation under way, with progress',
  permission: 'view_backups',
  pathSchema: z.strictObject({ id: recordId }),
  answers: { 200: operationView },
  handle: async ({ platform, services, path, language }) =>
    ok(await loadOperation(platform, services, path.id, language)),
});

const cancelOperation = route({
  method: 'POST',
  path: '/api/v1/operations/{id}/cancel',
  operationId: 'cancelOperation',
  summary: 'Stop a restore; backups and validations cannot be stopped yet',
  permission: 'restore_data',
  pathSchema: z.strictObject({ id: recordId }),
  answers: { 202: acceptedView },
  handle: async ({ platform, services, path, language }) => {
    const found = await loadOperation(platform, services, path.id, language);
    if (found.kind !== 'recovery') {
      throw new HoldfastError('CapabilityUnsupported', `unable to stop a ${found.kind}: only restores can be stopped`, {
        parameter: 'id',
      });
    }
    await services.cancelRecovery(platform, path.id);
    return accepted([found]);
  },
});

const checkup = route({
  method: 'POST',
  path: '/api/v1/checkup',
  operationId: 'checkUp',
  summary: 'Reach every source, location, key and channel now; changes nothing',
  permission: 'create_backup',
  isIdempotencyKept: false,
  answers: { 200: checkupView },
  handle: async ({ platform, services, language }) => ok(await services.checkUp(platform, language)),
});

const policies = route({
  method: 'GET',
  path: '/api/v1/policies',
  operationId: 'listPolicies',
  summary: 'The policies in force, after defaults, classes and engine lines were applied',
  permission: 'view_backups',
  answers: { 200: policiesView },
  handle: async ({ platform }) =>
    ok({
      stores: platform.policies.stores().map(viewOfPolicy),
      locations: platform.policies.locations().map(viewOfLocation),
    }),
});

const validatePolicies = route({
  method: 'POST',
  path: '/api/v1/policies/validate',
  operationId: 'validatePolicies',
  summary: 'Check the text of a holdfast.yaml; nothing is applied',
  permission: 'view_backups',
  bodySchema: z.strictObject({
    text: z.string().min(1).max(200_000),
    file: z.string().max(200).default('holdfast.yaml'),
  }),
  isIdempotencyKept: false,
  answers: {
    200: z
      .object({
        isValid: z.boolean(),
        stores: z.number(),
        problems: z.array(
          z.object({
            severity: z.enum(['error', 'warning']),
            code: z.string(),
            message: z.string(),
            cure: z.string().optional(),
            path: z.string(),
            line: z.number(),
            column: z.number(),
            formatted: z.string(),
          }),
        ),
      })
      .meta({ id: 'PolicyCheck' }),
  },
  handle: async ({ platform, services, body }) =>
    ok(services.checkConfiguration(body.text, body.file, platform.clock.now())),
});

const health = z.object({ status: z.string() });

const healthz = route({
  method: 'GET',
  path: '/healthz',
  operationId: 'getHealth',
  summary: 'This process lives',
  permission: 'public',
  answers: { 200: health },
  handle: () => Promise.resolve(ok({ status: 'ok' })),
});

const readyz = route({
  method: 'GET',
  path: '/readyz',
  operationId: 'getReadiness',
  summary: 'The catalog answers; 503 when it does not',
  permission: 'public',
  answers: { 200: health },
  handle: async ({ platform }) => {
    try {
      await platform.catalog.get({ partition: 'readiness', sort: 'probe' });
    } catch (error) {
      if (hasErrorName(error, 'CatalogUnavailable')) throw error;
      throw new HoldfastError('CatalogUnavailable', 'the catalog does not answer', {}, { cause: error });
    }
    return ok({ status: 'ready' });
  },
});

const openapi = route({
  method: 'GET',
  path: '/openapi.json',
  operationId: 'getOpenApi',
  summary: 'This document',
  permission: 'public',
  answers: { 200: z.unknown() },
  handle: async ({ services }) => ok(await services.openApiDocument()),
});

export const platformRoutes = [
  coverage,
  store,
  diagnosis,
  storeBackups,
  operation,
  cancelOperation,
  checkup,
  policies,
  validatePolicies,
  healthz,
  readyz,
  openapi,
] as const;
