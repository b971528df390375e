// The compliance manager's routes (001: Compliance Manager).

import { z } from 'zod';
import { AUDIT_ACTIONS } from '../../../domain/audit-entry.ts';
import { pageAnswer, pageFields, pageOf } from '../fields.ts';
import { ok, route } from '../route.ts';
import { unsupportedRoute } from '../unsupported.ts';
import { instant } from '../views.ts';

const chain = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, { error: 'expected the name of a store, or platform' })
  .default('platform')
  .meta({ description: 'One chain per store; `platform` holds schedules, keys and access' });

const entryView = z
  .object({
    chain: z.string(),
    sequence: z.number(),
    at: instant,
    action: z.enum(AUDIT_ACTIONS),
    actor: z.string(),
    subject: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    previousHash: z.string(),
    hash: z.string().meta({ description: 'SHA-256 over the canonical form of everything above, hex' }),
  })
  .meta({ id: 'AuditEntry' });

const auditLog = route({
  method: 'GET',
  path: '/api/v1/compliance/audit-log',
  operationId: 'listAuditLog',
  summary: 'The audit log of one chain, oldest first',
  permission: 'access_audit_logs',
  querySchema: z.strictObject({ chain, ...pageFields }),
  answers: { 200: pageOf(entryView, 'AuditLog') },
  handle: async ({ platform, services, query }) => {
    const request = {
      chain: query.chain,
      limit: query.limit,
      ...(query.after !== undefined && { after: query.after }),
    };
    const page = await services.listAudit(platform.catalog, request);
    return ok(pageAnswer(page.items, page.next));
  },
});

const auditLogHead = route({
  method: 'GET',
  path: '/api/v1/compliance/audit-log/head',
  operationId: 'verifyAuditLog',
  summary: 'Recompute a whole chain; compare length and head with those written down elsewhere',
  permission: 'access_audit_logs',
  querySchema: z.strictObject({ chain }),
  answers: { 200: z.object({ chain: z.string(), entries: z.number(), head: z.string() }).meta({ id: 'AuditHead' }) },
  handle: async ({ platform, services, query }) =>
    ok({ chain: query.chain, ...(await services.verifyAuditChain(platform.catalog, query.chain)) }),
});

const dataResidency = unsupportedRoute({
  method: 'GET',
  path: '/api/v1/compliance/data-residency/{userId}',
  operationId: 'getDataResidency',
  summary: 'Where the backups with the data of one person lie',
  pathSchema: z.strictObject({ userId: z.string().min(1).max(128) }),
  permission: 'view_backups',
  instead: 'the copies of every store with their countries stand in GET /api/v1/coverage and in each backup',
});

const retentionPolicy = unsupportedRoute({
  method: 'POST',
  path: '/api/v1/compliance/retention-policy',
  operationId: 'setRetentionPolicy',
  summary: 'Set a retention policy with jurisdiction rules',
  permission: 'manage_schedules',
  instead: 'set "keep" and "rules" in holdfast.yaml',
});

const legalHold = unsupportedRoute({
  method: 'POST',
  path: '/api/v1/compliance/legal-hold',
  operationId: 'placeLegalHold',
  summary: 'Keep backups from every deletion until released',
  permission: 'manage_legal_hold',
  instead: 'nothing is deleted by this version, so no backup is lost meanwhile',
});

export const complianceRoutes = [auditLog, auditLogHead, dataResidency, retentionPolicy, legalHold] as const;
