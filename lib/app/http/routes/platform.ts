// Routes of the platform itself: are we safe, why not, what is running, what is in force.

import { z } from 'zod';
import { COVERAGE_STATES, STATE_REASONS } from '../../../monitoring/store-state.ts';
import type { StoreState } from '../../../monitoring/store-state.ts';
import { HoldfastError, hasErrorName } from '../../../domain/errors.ts';
import { isoNow } from '../../../ports/clock.ts';
import { pageAnswer, pageFields, pageOf, recordId, storeName } from '../fields.ts';
import { printable } from '../errors.ts';
import type { Language } from '../language.ts';
import { accepted, acceptedView, loadOperation, operationView } from '../operations.ts';
import { ok, route } from '../route.ts';
import { backupView, causeOf, causeView, instant, viewOfBackup } from '../views.ts';

const storeStateView = z
  .object({
    store: z.string(),
    service: z.string(),
    owner: z.string(),
    engine: z.string(),
    method: z.string(),
    serviceLevel: z.string(),
    dataType: z.string(),
    timeZone: z.string(),
    state: z.enum(COVERAGE_STATES),
    reasons: z.array(z.enum(STATE_REASONS)),
    missedSince: instant.optional(),
    rpo: z.object({ goalSeconds: z.number(), nowSeconds: z.number().optional() }),
    rtoGoalSeconds: z.number(),
    newestPoint: z
      .object({ backupId: z.string(), at: instant, completedAt: instant.optional(), isProven: z.boolean(), retentionUntil: instant })
      .optional(),
    copies: z.object({ found: z.number(), demanded: z.number() }),
    lastTestRestore: z.unknown().optional(),
    running: z.object({ backupId: z.string(), status: z.string(), since: instant }).optional(),
    lastFailure: z.object({ backupId: z.string(), status: z.string(), at: instant, cause: causeView }).optional(),
    skipReason: z.string().optional(),
  })
  .meta({ id: 'StoreState' });

const viewOfState = ({ lastFailure, ...state }: StoreState, language: Language) => ({
  ...state,
  ...(lastFailure !== undefined && { lastFailure: { ...lastFailure, cause: causeOf(lastFailure.cause, language) } }),
});

const coverage = route({
  method: 'GET',
  path: '/api/v1/coverage',
  operationId: 'getCoverage',
  summary: 'Every store in five states: what a disaster would cost now',
  permission: 'view_backups',
  answers: {
    200: z
      .object({ asOf: instant, counts: z.record(z.enum(COVERAGE_STATES), z.number()), stores: z.array(storeStateView) })
      .meta({ id: 'Coverage' }),
  },
  handle: async ({ platform, services, language }) => {
    const states = await services.storeStates(platform);
    const counts = Object.fromEntries(COVERAGE_STATES.map((name) => [name, states.filter(({ state }) => state === name).length]));
    return ok({ asOf: isoNow(platform.clock), counts, stores: states.map((state) => viewOfState(state, language)) });
  },
});

const store = route({
  method: 'GET',
  path: '/api/v1/stores/{store}',
  operationId: 'getStore',
  summary: 'One store: its state',
  permission: 'view_backups',
  pathSchema: z.strictObject({ store: storeName }),
  answers: { 200: storeStateView },
  handle: async ({ platform, services, path, language }) => ok(viewOfState(await services.storeState(platform, path.store), language)),
});

const diagnosis = route({
  method: 'GET',
  path: '/api/v1/stores/{store}/diagnosis',
  operationId: 'explainStore',
  summary: 'Why a store is in its state: cause, proof, what is still restorable, cure',
  permission: 'view_backups',
  pathSchema: z.strictObject({ store: storeName }),
  answers: {
    200: z
      .object({
        state: storeStateView,
        headline: z.string(),
        since: z.string().optional(),
        restorable: z.string(),
        cause: z.object({ code: z.string(), title: z.string(), detail: z.string() }).optional(),
        proof: z.array(z.string()),
        fix: z.array(z.string()),
        commands: z.array(z.string()),
      })
      .meta({ id: 'Diagnosis' }),
  },
  handle: async ({ platform, services, path, language }) => {
    const { state, proof, ...explanation } = await services.explainStore(platform, path.store, language);
    return ok({ state: viewOfState(state, language), ...explanation, proof: proof.map(printable) });
  },
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
    const request = { store: path.store, newestFirst: true, limit: query.limit, ...(query.after !== undefined && { after: query.after }) };
    const page = await services.listBackups(platform.catalog, request);
    return ok(pageAnswer(page.items.map((record) => viewOfBackup(record, language)), page.next));
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
  handle: async ({ platform, services, path, language }) => ok(await loadOperation(platform, services, path.id, language)),
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
      throw new HoldfastError('CapabilityUnsupported', `unable to stop a ${found.kind}: only restores can be stopped`, { parameter: 'id' });
    }
    await services.cancelRecovery(platform, path.id);
    return accepted([found]);
  },
});

const policies = route({
  method: 'GET',
  path: '/api/v1/policies',
  operationId: 'listPolicies',
  summary: 'The policies in force, after defaults, classes and engine lines were applied',
  permission: 'view_backups',
  answers: { 200: z.object({ stores: z.array(z.unknown()), locations: z.array(z.unknown()) }).meta({ id: 'Policies' }) },
  handle: async ({ platform }) =>
    ok({
      // Connection data is nobody's business who only looks.
      stores: platform.policies.stores().map(({ source: _source, scratch: _scratch, ...policy }) => policy),
      locations: platform.policies.locations().map(({ settings: _settings, ...location }) => location),
    }),
});

const validatePolicies = route({
  method: 'POST',
  path: '/api/v1/policies/validate',
  operationId: 'validatePolicies',
  summary: 'Check the text of a holdfast.yaml; nothing is applied',
  permission: 'view_backups',
  bodySchema: z.strictObject({ text: z.string().min(1).max(200_000), file: z.string().max(200).default('holdfast.yaml') }),
  isIdempotencyKept: false,
  answers: {
    200: z
      .object({
        isValid: z.boolean(),
        problems: z.array(z.object({ severity: z.enum(['error', 'warning']), code: z.string(), message: z.string(), cure: z.string().optional(), path: z.string(), line: z.number(), column: z.number() })),
      })
      .meta({ id: 'PolicyCheck' }),
  },
  handle: async ({ platform, services, body }) => ok(services.checkConfiguration(body.text, body.file, platform.clock.now())),
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
  policies,
  validatePolicies,
  healthz,
  readyz,
  openapi,
] as const;
