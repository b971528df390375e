// The validation manager's routes (001: Validation Manager).

import { z } from 'zod';
import { isRestorable } from '../../../domain/backup-record.ts';
import type { ValidationResult } from '../../../domain/backup-record.ts';
import { recordId } from '../fields.ts';
import { accepted, acceptedView } from '../operations.ts';
import { asked, ok, route } from '../route.ts';
import type { Answer, Call } from '../route.ts';
import { instant, validationResultView, validationView, viewOfValidation } from '../views.ts';

const startedView = acceptedView.extend({ validationId: z.string() }).meta({ id: 'ValidationAccepted' });
const pathSchema = z.strictObject({ backupId: recordId });

const checkIntegrity = route({
  method: 'POST',
  path: '/api/v1/validation/integrity/{backupId}',
  operationId: 'checkIntegrity',
  summary: 'Read back and verify every stored byte of a backup in every copy',
  permission: 'create_backup',
  pathSchema,
  answers: { 202: startedView },
  handle: async (call) => await start(call, call.path.backupId, 'integrity'),
});

const testRestore = route({
  method: 'POST',
  path: '/api/v1/validation/test-restore/{backupId}',
  operationId: 'testRestore',
  summary: 'Restore into a scratch place and compare counts and hashes with those taken at backup time',
  permission: 'create_backup',
  pathSchema,
  answers: { 202: startedView },
  handle: async (call) => await start(call, call.path.backupId, 'test-restore'),
});

const reportView = z
  .object({
    backupId: z.string(),
    store: z.string(),
    status: z.string(),
    isRestorable: z.boolean(),
    checksum: z.string().optional(),
    copies: z.array(
      z.object({
        role: z.string(),
        location: z.string(),
        country: z.string(),
        presentAt: instant.optional(),
        verifiedAt: instant.optional(),
      }),
    ),
    results: z.array(validationResultView),
  })
  .meta({ id: 'ValidationReport' });

const validationReport = route({
  method: 'GET',
  path: '/api/v1/validation/report/{backupId}',
  operationId: 'getValidationReport',
  summary: 'What was proven about a backup: copies, dates of verification, every validation',
  permission: 'view_backups',
  pathSchema,
  answers: { 200: reportView },
  handle: async ({ platform, services, path }) => {
    const record = await services.loadBackup(platform.catalog, path.backupId);
    const { store, status, checksum, validationResults: results } = record;
    const copies = record.copies.map(({ role, location, country, presentAt, verifiedAt }) => ({
      role,
      location,
      country,
      presentAt,
      verifiedAt,
    }));
    return ok({ backupId: record.id, store, status, isRestorable: isRestorable(status), checksum, copies, results });
  },
});

const validationStatus = route({
  method: 'GET',
  path: '/api/v1/validation/status/{validationId}',
  operationId: 'getValidation',
  summary: 'One validation: running, or its result',
  permission: 'view_backups',
  pathSchema: z.strictObject({ validationId: recordId }),
  answers: { 200: validationView },
  handle: async ({ platform, services, path, language }) =>
    ok(viewOfValidation(await services.loadValidation(platform.catalog, path.validationId), language)),
});

const verifyAll = route({
  method: 'POST',
  path: '/api/v1/validation/verify-all',
  operationId: 'verifyAll',
  summary: 'Check the integrity of every restorable backup',
  permission: 'create_backup',
  answers: { 202: acceptedView },
  handle: async (call) => {
    const { validations } = await call.services.verifyAll(call.platform, asked(call));
    return accepted(validations.map(({ validationId, store }) => ({ id: validationId, store })));
  },
});

async function start(call: Call, backupId: string, kind: ValidationResult['kind']): Promise<Answer> {
  const { platform, services } = call;
  const record = await services.loadBackup(platform.catalog, backupId);
  const { validationId } = await services.requestValidation(platform, { backupId, kind, ...asked(call) });
  return accepted([{ id: validationId, store: record.store }], { validationId });
}

export const validationRoutes = [checkIntegrity, testRestore, validationReport, validationStatus, verifyAll] as const;
