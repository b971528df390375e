// Starts an attempt of a job. Safe to run twice: the same machine state gets the same attempt, and a finished job is left alone.

import { fromStoredError } from '../domain/errors.ts';
import type { StoredError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Catalog } from '../ports/catalog.ts';
import { isoNow } from '../ports/clock.ts';
import type { Clock } from '../ports/clock.ts';
import type { WorkerHost, WorkerLimits } from '../ports/worker-host.ts';
import { decideAndWrite, load, putOver } from '../records/items.ts';
import { jobKey } from '../records/keys.ts';
import type { Job, JobKind, JobReference } from './job.ts';

export interface JobsPlatform {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly workers: WorkerHost;
}

export interface JobRequest extends JobReference {
  readonly kind: JobKind;
  readonly payload: JsonObject;
  /** `TaskContext.path` of the asking state. */
  readonly startedBy: string;
  readonly limits: WorkerLimits;
}

/**
 * Begins the next attempt and launches its worker. When LIMITS.workAttemptsMax attempts have failed, throws the last error of one of
 * them, so that the record names what really happened.
 */
export async function startJob(platform: JobsPlatform, request: JobRequest): Promise<{ readonly attempt: number }> {
  const job = await decideAndWrite(platform.catalog, () => nextAttempt(platform, request));
  if (job.state === 'running') {
    await platform.workers.start({ jobId: workerName(request), attempt: job.attempt, limits: request.limits });
  }
  return { attempt: job.attempt };
}

/** Workers are named by owner and job; neither contains a slash. */
export const workerName = (reference: JobReference): string => `${reference.owner}/${reference.job}`;

async function nextAttempt(platform: JobsPlatform, request: JobRequest) {
  const key = jobKey(request.owner, request.job);
  const current = await load<Job>(platform.catalog, key);
  if (current?.value.state === 'succeeded' || current?.value.startedBy === request.startedBy)
    return { result: current.value, writes: [] };
  const past = pastOf(current?.value);
  assertMayTry(request.job, past);
  const job: Job = {
    owner: request.owner,
    job: request.job,
    kind: request.kind,
    payload: request.payload,
    attempt: past.failures + past.losses + 1,
    failures: past.failures,
    startedBy: request.startedBy,
    startedAt: isoNow(platform.clock),
    state: 'running',
    heartbeat: 0,
    progress: { phase: 'starting', doneBytes: 0 },
    ...(past.lastError !== undefined && { lastError: past.lastError }),
  };
  return { result: job, writes: [putOver(key, job, current)] };
}

interface Past {
  readonly failures: number;
  readonly losses: number;
  readonly lastError: StoredError | undefined;
}

function pastOf(job: Job | undefined): Past {
  if (job === undefined) return { failures: 0, losses: 0, lastError: undefined };
  const failures = job.failures + (job.state === 'failed' ? 1 : 0);
  return { failures, losses: job.attempt - failures, lastError: job.error ?? job.lastError };
}

/** Failures say something about the work, losses about the machine: each has its own bound. */
function assertMayTry(job: string, { failures, losses, lastError }: Past): void {
  const lost = {
    name: 'WorkerLost',
    message: `${losses} workers of '${job}' were lost`,
    facts: { job, losses },
  } as const;
  if (failures >= LIMITS.workAttemptsMax) throw fromStoredError(lastError ?? lost);
  if (losses >= LIMITS.workersLostMax) throw fromStoredError(lost);
}
