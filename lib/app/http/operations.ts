// One operation resource for all long work: whatever was started, it is asked about in one place and one form.

import { z } from 'zod';
import type { BackupRecord } from '../../domain/backup-record.ts';
import { isRestorable, isSettled } from '../../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../../domain/errors.ts';
import type { StoredError } from '../../domain/errors.ts';
import { isRecoverySettled } from '../../domain/recovery-request.ts';
import type { RecoveryRequest } from '../../domain/recovery-request.ts';
import type { Platform } from '../../ports/platform.ts';
import type { Language } from './language.ts';
import type { Answer } from './route.ts';
import type { JobProgressView, Services, ValidationView } from './services.ts';
import { causeOf, causeView, instant } from './views.ts';

export const operationView = z
  .object({
    id: z.string(),
    kind: z.enum(['backup', 'recovery', 'validation']),
    store: z.string(),
    status: z.enum(['queued', 'running', 'succeeded', 'failed', 'stopped']),
    phase: z.string().meta({ description: 'The status of the thing itself: replicating, validating, …' }),
    progress: z
      .object({
        phase: z.string(),
        done: z.number().meta({ description: 'Bytes' }),
        total: z.number().optional().meta({ description: 'Bytes, when known' }),
        bytesPerSecond: z.number().optional(),
        etaSeconds: z.number().optional(),
      })
      .optional(),
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    cause: causeView.optional(),
    resource: z.string().meta({ description: 'Path of what the operation works on' }),
  })
  .meta({ id: 'Operation' });
export type OperationView = z.infer<typeof operationView>;

/** Ids are unique across kinds, so an id alone is enough. @throws NotFound */
export async function loadOperation(
  platform: Platform,
  services: Services,
  id: string,
  language: Language,
): Promise<OperationView> {
  const load = [
    async () => ofBackup(await services.loadBackup(platform.catalog, id), language),
    async () => ofRecovery(await services.loadRecovery(platform.catalog, id), language),
    async () => ofValidation(await services.loadValidation(platform.catalog, id), language),
  ];
  for (const one of load) {
    const operation = await foundOrUndefined(one);
    if (operation !== undefined) return await withProgress(platform, services, operation);
  }
  throw new HoldfastError('NotFound', `no operation '${id}'`, { parameter: 'id' });
}

export const operationPath = (id: string): string => `/api/v1/operations/${id}`;

/** 202 with the place to ask; several at once are listed, and Location names the first. */
export function accepted(
  operations: readonly { readonly id: string; readonly store: string }[],
  extra: object = {},
): Answer {
  const [first] = operations;
  return {
    status: 202,
    body: { ...extra, operations: operations.map(({ id, store }) => ({ id, store, href: operationPath(id) })) },
    ...(first !== undefined && { headers: { location: operationPath(first.id) } }),
  };
}

export const acceptedView = z
  .object({
    operations: z.array(z.object({ id: z.string(), store: z.string(), href: z.string() })),
    refused: z
      .array(causeView.extend({ store: z.string() }).meta({ id: 'Refusal' }))
      .optional()
      .meta({ description: 'Stores that were refused while others were accepted' }),
  })
  .meta({ id: 'Accepted' });
export type AcceptedView = z.infer<typeof acceptedView>;

async function foundOrUndefined<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (hasErrorName(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function withProgress(platform: Platform, services: Services, operation: OperationView): Promise<OperationView> {
  if (operation.status !== 'running') return operation;
  const progress = summed(await services.progressOf(platform.catalog, operation.id), platform.clock.now());
  return progress === undefined ? operation : { ...operation, progress };
}

/** The jobs of one operation as one: bytes add up, the phase is that of the job that began last. */
export function summed(jobs: readonly JobProgressView[], nowMilliseconds: number): OperationView['progress'] {
  const newest = jobs.toSorted((left, right) => Date.parse(right.startedAt) - Date.parse(left.startedAt))[0];
  if (newest === undefined) return undefined;
  const current = jobs.filter((job) => kindOfJob(job) === kindOfJob(newest)).map(withEnd);
  const done = current.reduce((sum, job) => sum + job.doneBytes, 0);
  const isTotalKnown = current.every((job) => job.totalBytes !== undefined);
  const total = isTotalKnown ? current.reduce((sum, job) => sum + (job.totalBytes ?? 0), 0) : undefined;
  const seconds = (nowMilliseconds - Math.min(...current.map((job) => Date.parse(job.startedAt)))) / 1000;
  const bytesPerSecond = seconds > 0 ? Math.round(done / seconds) : 0;
  return {
    phase: newest.phase,
    done,
    ...(total !== undefined && { total }),
    ...(bytesPerSecond > 0 && { bytesPerSecond }),
    ...(total !== undefined &&
      isForeseeable(done, total, seconds) && { etaSeconds: Math.ceil((total - done) / bytesPerSecond) }),
  };
}

/** A worker's last report may be older than its end. */
const withEnd = (job: JobProgressView): JobProgressView =>
  job.state === 'succeeded' && job.totalBytes !== undefined ? { ...job, doneBytes: job.totalBytes } : job;

/** The first seconds and the first per cent say nothing about the rest: "17 days left" frightens for nothing. */
const FORESEEN_AFTER_SECONDS = 3;
const FORESEEN_SHARE = 0.01;
const isForeseeable = (done: number, total: number, seconds: number): boolean =>
  seconds >= FORESEEN_AFTER_SECONDS && done > 0 && done >= total * FORESEEN_SHARE && done <= total;

/** `dump.0` and `dump.1` are one kind of work: the bytes of an earlier kind must not be added to a later one. */
const kindOfJob = (job: JobProgressView): string => (job.job ?? job.phase).split('.')[0] ?? '';

function ofBackup(record: BackupRecord, language: Language): OperationView {
  const status = record.status === 'queued' ? 'queued' : !isSettled(record.status) ? 'running' : outcomeOf(record);
  return {
    id: record.id,
    kind: 'backup',
    store: record.store,
    status,
    phase: record.status,
    ...times(record.startTime, record.endTime),
    ...causes(record.cause, language),
    resource: `/api/v1/backup/status/${record.id}`,
  };
}

function outcomeOf(record: BackupRecord): OperationView['status'] {
  if (record.status === 'aborted') return 'stopped';
  // What ran its course and was later expired or deleted did succeed.
  return isRestorable(record.status) || ['expired', 'deleted'].includes(record.status) ? 'succeeded' : 'failed';
}

function ofRecovery(request: RecoveryRequest, language: Language): OperationView {
  const settled = { completed: 'succeeded', aborted: 'stopped', failed: 'failed' } as const;
  const status = isRecoverySettled(request.status)
    ? settled[request.status as keyof typeof settled]
    : request.status === 'queued'
      ? 'queued'
      : 'running';
  return {
    id: request.id,
    kind: 'recovery',
    store: request.store,
    status,
    phase: request.status,
    ...times(request.startedAt, request.completedAt),
    ...causes(request.cause, language),
    resource: `/api/v1/recovery/status/${request.id}`,
  };
}

function ofValidation(validation: ValidationView, language: Language): OperationView {
  const status = { running: 'running', completed: 'succeeded', failed: 'failed' } as const;
  return {
    id: validation.id,
    kind: 'validation',
    store: validation.store,
    status: status[validation.status],
    phase: validation.result?.verdict ?? validation.status,
    ...times(validation.startedAt, validation.endedAt),
    ...causes(validation.cause, language),
    resource: `/api/v1/validation/status/${validation.id}`,
  };
}

const times = (startedAt: string | undefined, endedAt: string | undefined) => ({
  ...(startedAt !== undefined && { startedAt }),
  ...(endedAt !== undefined && { endedAt }),
});

const causes = (cause: StoredError | undefined, language: Language) =>
  cause === undefined ? {} : { cause: causeOf(cause, language) };
