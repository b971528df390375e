// Runs one attempt of a job inside its worker: heartbeat while it works, one conditional write of the result at the end.
// An attempt that is not the newest any more stops and writes nothing.

import { mkdir, rm } from 'node:fs/promises';
import { HoldfastError, toStoredError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Platform } from '../ports/platform.ts';
import { decideAndWrite, load, putOver, toItemValue } from '../records/items.ts';
import { jobKey } from '../records/keys.ts';
import type { Job, JobContext, JobKind, JobProgress, JobReference } from './job.ts';
import { scratchDirOf } from './scratch.ts';

export type JobHandler = (platform: Platform, payload: JsonObject, context: JobContext) => Promise<object>;
export type JobHandlers = Readonly<Record<JobKind, JobHandler>>;

/** Settles when the attempt's result is written, or when a newer attempt made it meaningless. */
export async function runJob(
  platform: Platform,
  reference: JobReference & { readonly attempt: number },
  handlers: JobHandlers,
  outerSignal: AbortSignal,
): Promise<void> {
  const job = (await load<Job>(platform.catalog, jobKey(reference.owner, reference.job)))?.value;
  if (job?.attempt !== reference.attempt || job.state !== 'running') return;
  const stop = new AbortController();
  const signal = AbortSignal.any([outerSignal, stop.signal]);
  const scratchDir = scratchDirOf(platform, reference);
  let progress: JobProgress = { phase: 'starting', doneBytes: 0 };
  const beating = beat(platform, reference, () => progress, stop, signal);
  try {
    await rm(scratchDir, { recursive: true, force: true });
    await mkdir(scratchDir, { recursive: true, mode: 0o700 });
    const context: JobContext = { ...reference, signal, scratchDir, progress: (next) => void (progress = next) };
    const result = await handlers[job.kind](platform, job.payload, context);
    await finish(platform, reference, {
      state: 'succeeded',
      result: toItemValue(result),
      progress: { ...progress, phase: 'done' },
    });
  } catch (error) {
    platform.log.warn('job failed', {
      owner: reference.owner,
      job: reference.job,
      attempt: reference.attempt,
      error: String(error),
    });
    await finish(platform, reference, { state: 'failed', error: toStoredError(error), progress });
  } finally {
    stop.abort();
    await beating;
    await rm(scratchDir, { recursive: true, force: true });
  }
}

/** Writes the heartbeat until stopped; stops the work when this attempt is not the newest any more. */
async function beat(
  platform: Platform,
  reference: JobReference & { readonly attempt: number },
  progress: () => JobProgress,
  stop: AbortController,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const isNewest = await writeToAttempt(platform, reference, (job) => ({
        ...job,
        heartbeat: job.heartbeat + 1,
        progress: progress(),
      }));
      if (!isNewest)
        stop.abort(new HoldfastError('WorkerLost', `attempt ${reference.attempt} of '${reference.job}' was replaced`));
    } catch (error) {
      // A missed beat is no failure: the next one follows, and the observer allows ten of them.
      platform.log.warn('heartbeat failed', { job: reference.job, error: String(error) });
    }
    await platform.clock.sleep(LIMITS.heartbeatIntervalSeconds * 1000, signal).catch(() => undefined);
  }
}

async function finish(
  platform: Platform,
  reference: JobReference & { readonly attempt: number },
  outcome: Pick<Job, 'state' | 'progress'> & Partial<Pick<Job, 'result' | 'error'>>,
): Promise<void> {
  await writeToAttempt(platform, reference, (job) => ({ ...job, ...outcome, heartbeat: job.heartbeat + 1 }));
}

/** False when the stored job belongs to a newer attempt or has ended: then nothing is written. */
async function writeToAttempt(
  platform: Platform,
  reference: JobReference & { readonly attempt: number },
  change: (job: Job) => Job,
): Promise<boolean> {
  return await decideAndWrite(platform.catalog, async () => {
    const key = jobKey(reference.owner, reference.job);
    const current = await load<Job>(platform.catalog, key);
    if (current?.value.attempt !== reference.attempt || current.value.state !== 'running')
      return { result: false, writes: [] };
    return { result: true, writes: [putOver(key, change(current.value), current)] };
  });
}
