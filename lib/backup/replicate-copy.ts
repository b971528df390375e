// Runs inside a worker: brings everything a recovery point needs to one further location, then reads it back there.
// Safe to repeat: what lies there already with equal size and hash is not sent again, and nothing is ever overwritten.

import * as z from 'zod/mini';
import type { CopyState } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { JobContext } from '../jobs/job.ts';
import type { Platform } from '../ports/platform.ts';
import { loadBackup } from '../records/backups.ts';
import { copyPoint } from '../repository/copy-point.ts';
import { copyUnit } from '../repository/copy-unit.ts';
import { repositoryOf } from '../repository/repository-of.ts';
import { primaryOf } from './dump-unit.ts';
import { proveCopy } from './verify-copy.ts';

const payloadOf = z.strictObject({ backupId: z.string(), location: z.string() });

export async function replicateCopy(platform: Platform, payload: JsonObject, job: JobContext): Promise<CopyState> {
  const { backupId, location } = payloadOf.parse(payload);
  const record = await loadBackup(platform.catalog, backupId);
  if (record.point === undefined)
    throw new HoldfastError('Internal', `backup '${backupId}' has no recovery point`, { backupId });
  const source = repositoryOf(platform, record.store, primaryOf(platform, record.store));
  const target = repositoryOf(platform, record.store, location);
  let sentBytes = 0;
  for (const unit of record.units) {
    const copied = await copyUnit(source, target, unit, {
      signal: job.signal,
      onProgress: (doneBytes) => job.progress({ phase: `copy to ${location}`, doneBytes: sentBytes + doneBytes }),
    });
    sentBytes += copied.sentBytes;
  }
  await copyPoint(source, target, record.point);
  return await proveCopy(platform, record, location, job);
}
