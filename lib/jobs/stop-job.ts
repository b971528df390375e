// Stops a job for good: the worker is ended, and a result that it may still write finds nothing to write to. Safe to repeat.

import { HoldfastError, toStoredError } from '../domain/errors.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { jobKey } from '../records/keys.ts';
import type { Job, JobReference } from './job.ts';
import { workerName } from './start-job.ts';
import type { JobsPlatform } from './start-job.ts';

/** When it returns, the worker of the newest attempt has ended. A job that was never started is left alone. */
export async function stopJob(platform: JobsPlatform, reference: JobReference, reason: string): Promise<void> {
  const key = jobKey(reference.owner, reference.job);
  const attempt = await decideAndWrite(platform.catalog, async () => {
    const current = await load<Job>(platform.catalog, key);
    if (current?.value.state !== 'running') return { result: current?.value.attempt, writes: [] };
    const error = toStoredError(new HoldfastError('ExecutionStopped', reason, { job: reference.job }));
    const stopped: Job = { ...current.value, state: 'failed', error };
    return { result: current.value.attempt, writes: [putOver(key, stopped, current)] };
  });
  if (attempt !== undefined) await platform.workers.stop(workerName(reference), attempt);
}
