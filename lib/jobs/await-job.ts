// Asks how a job is doing. Throws StillRunning, which the machine's Retry polls, and WorkerLost when nobody works on it any more.

import { HoldfastError, fromStoredError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { jobKey, jobObservationKey } from '../records/keys.ts';
import type { Job, JobReference } from './job.ts';
import { workerName } from './start-job.ts';
import type { JobsPlatform } from './start-job.ts';

/** What an observer saw, kept in the catalog because two polls may run in two processes. */
interface Observation {
  readonly attempt: number;
  readonly heartbeat: number;
  readonly sinceMilliseconds: number;
}

/**
 * The result of a finished job.
 * @throws StillRunning, WorkerLost, WorkerLimitExceeded, or the error with which the worker ended
 */
export async function awaitJob(platform: JobsPlatform, reference: JobReference): Promise<JsonObject> {
  const job = await loadJob(platform, reference);
  if (job.state !== 'running') return outcomeOf(job);
  const worker = await platform.workers.probe(workerName(reference), job.attempt);
  if (worker === 'gone' || worker === 'over-limit') {
    // The worker may have written its result between our read and its end: only a second look tells.
    const last = await loadJob(platform, reference);
    if (last.state !== 'running') return outcomeOf(last);
    if (worker === 'over-limit') throw overLimit(job);
    throw lost(job, 'its process ended without a result');
  }
  if (worker === 'unknown' && (await isHeartbeatStale(platform, job))) {
    throw lost(job, `no heartbeat for ${LIMITS.heartbeatTermSeconds} s`);
  }
  throw new HoldfastError('StillRunning', `'${reference.job}' is still running`, {
    job: reference.job,
    attempt: job.attempt,
  });
}

async function loadJob(platform: JobsPlatform, reference: JobReference): Promise<Job> {
  const job = await load<Job>(platform.catalog, jobKey(reference.owner, reference.job));
  if (job === undefined)
    throw new HoldfastError('NotFound', `no job '${reference.job}' of '${reference.owner}'`, { job: reference.job });
  return job.value;
}

function outcomeOf(job: Job): JsonObject {
  if (job.state === 'succeeded') return job.result ?? {};
  throw fromStoredError(
    job.error ?? { name: 'Internal', message: `job '${job.job}' failed without an error`, facts: {} },
  );
}

const lost = (job: Job, why: string): HoldfastError =>
  new HoldfastError('WorkerLost', `worker of '${job.job}' is lost: ${why}`, { job: job.job, attempt: job.attempt });

/** Not tried again: the next attempt would need as much. */
const overLimit = (job: Job): HoldfastError =>
  new HoldfastError('WorkerLimitExceeded', `worker of '${job.job}' went past its memory or time limit`, {
    job: job.job,
    attempt: job.attempt,
  });

/** Correctness does not rest on this clock: a worker wrongly taken for lost finds a newer attempt and can write nothing. */
async function isHeartbeatStale(platform: JobsPlatform, job: Job): Promise<boolean> {
  const now = platform.clock.now();
  return await decideAndWrite(platform.catalog, async () => {
    const key = jobObservationKey(job.owner, job.job);
    const seen = await load<Observation>(platform.catalog, key);
    const stands = seen?.value.attempt === job.attempt && seen.value.heartbeat === job.heartbeat;
    if (stands) return { result: now - seen.value.sinceMilliseconds > LIMITS.heartbeatTermSeconds * 1000, writes: [] };
    const observation: Observation = { attempt: job.attempt, heartbeat: job.heartbeat, sinceMilliseconds: now };
    return { result: false, writes: [putOver(key, observation, seen)] };
  });
}
