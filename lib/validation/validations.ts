// Validations in the catalog: one item each, from request to verdict.

import type { ValidationResult } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { StoredError } from '../domain/errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { validationKey } from '../records/keys.ts';

export interface Validation {
  readonly id: string;
  readonly backupId: string;
  readonly store: string;
  readonly kind: ValidationResult['kind'];
  readonly status: 'running' | 'completed' | 'failed';
  readonly requestedBy: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly result?: ValidationResult;
  readonly cause?: StoredError;
}

/** @throws NotFound */
export async function loadValidation(catalog: Catalog, validationId: string): Promise<Validation> {
  const validation = await load<Validation>(catalog, validationKey(validationId));
  if (validation === undefined)
    throw new HoldfastError('NotFound', `no validation '${validationId}'`, { validationId });
  return validation.value;
}

/** Ends a running validation; one that has ended stays as it is. */
export async function endValidation(
  catalog: Catalog,
  validationId: string,
  end: Partial<Validation>,
): Promise<Validation> {
  return await decideAndWrite(catalog, async () => {
    const current = await load<Validation>(catalog, validationKey(validationId));
    if (current === undefined) throw new HoldfastError('NotFound', `no validation '${validationId}'`, { validationId });
    if (current.value.status !== 'running') return { result: current.value, writes: [] };
    const next = { ...current.value, ...end };
    return { result: next, writes: [putOver(validationKey(validationId), next, current)] };
  });
}
