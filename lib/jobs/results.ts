// Results of finished jobs, for the steps that gather them.

import { HoldfastError } from '../domain/errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import { load } from '../records/items.ts';
import { jobKey } from '../records/keys.ts';
import type { Job } from './job.ts';

/** @throws Internal when the job has not succeeded: a step asked too early, which is our own mistake */
export async function resultOf<T>(catalog: Catalog, owner: string, job: string): Promise<T> {
  const stored = await load<Job>(catalog, jobKey(owner, job));
  if (stored?.value.state !== 'succeeded')
    throw new HoldfastError('Internal', `job '${job}' of '${owner}' has no result`, { owner, job });
  return stored.value.result as unknown as T;
}
