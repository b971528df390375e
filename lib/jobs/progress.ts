// How far the jobs of a backup, recovery or validation are; for people.

import { loadAll } from '../records/items.ts';
import { jobKey } from '../records/keys.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Job, JobProgress } from './job.ts';

const JOBS_PER_OWNER_MAX = 1000;

export interface OwnerProgress extends JobProgress {
  readonly job: string;
  readonly state: Job['state'];
  readonly attempt: number;
  readonly startedAt: string;
}

export async function progressOf(catalog: Catalog, owner: string): Promise<readonly OwnerProgress[]> {
  const jobs = await loadAll<Job>(catalog, jobKey(owner, '').partition, '', JOBS_PER_OWNER_MAX);
  return jobs.map(({ job, state, attempt, startedAt, progress }) => ({ job, state, attempt, startedAt, ...progress }));
}
