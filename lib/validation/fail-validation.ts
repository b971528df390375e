// Records that a validation could not be made; this says nothing about the backup itself. Safe to repeat.

import * as z from 'zod/mini';
import { causeOfMachineError } from '../domain/machine-error.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { endValidation } from './validations.ts';

export const failValidationInput = z.strictObject({
  validationId: z.string(),
  error: z.strictObject({ Error: z.string(), Cause: z.optional(z.string()) }),
});

export async function failValidation(platform: Platform, { validationId, error }: z.infer<typeof failValidationInput>) {
  await endValidation(platform.catalog, validationId, {
    status: 'failed',
    cause: causeOfMachineError(error),
    endedAt: isoNow(platform.clock),
  });
  return { validationId };
}
