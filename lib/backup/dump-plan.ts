// The plan of a backup: the units that every attempt works from, kept in the catalog because workers run in other processes.

import { HoldfastError } from '../domain/errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { DumpUnit } from '../ports/engine.ts';
import { load } from '../records/items.ts';
import { dumpPlanKey } from '../records/keys.ts';

export interface DumpPlan {
  readonly units: readonly DumpUnit[];
  readonly sourceVersion: string;
  /** Which server or tree was planned; another one answering during the dump is `SourceChanged`. */
  readonly identity: string;
}

export async function loadDumpPlan(catalog: Catalog, store: string, backupId: string): Promise<DumpPlan> {
  const plan = await load<DumpPlan>(catalog, dumpPlanKey(store, backupId));
  if (plan === undefined) throw new HoldfastError('Internal', `backup '${backupId}' has no plan`, { backupId });
  return plan.value;
}

export function unitOf(plan: DumpPlan, index: number): DumpUnit {
  const unit = plan.units[index];
  if (unit === undefined) throw new HoldfastError('Internal', `no unit ${index} in the plan`, { unit: index });
  return unit;
}

export const dumpJob = (unit: number): string => `dump.${unit}`;
export const VERIFY_JOB = 'verify';
export const replicateJob = (location: string): string => `replicate.${location}`;
