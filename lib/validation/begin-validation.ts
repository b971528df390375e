// Reads what the validation is about. The record's own status keeps retention away while the check runs. Only reads.

import * as z from 'zod/mini';
import type { Platform } from '../ports/platform.ts';
import { loadValidation } from './validations.ts';

export const beginValidationInput = z.strictObject({ validationId: z.string() });

export async function beginValidation(platform: Platform, { validationId }: z.infer<typeof beginValidationInput>) {
  const validation = await loadValidation(platform.catalog, validationId);
  return { validationId, backupId: validation.backupId, store: validation.store, kind: validation.kind };
}
