// The recovery point: one small sealed object that pins every unit of a backup. With a key and the store, it is all a restore needs.

import type { BackupType, ObjectPin, UnitResult } from '../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import { canonicalJson } from '../domain/json.ts';
import { ByteReader } from './encoding/byte-reader.ts';
import { ByteWriter } from './encoding/byte-writer.ts';
import { parseJsonObject } from './encoding/plain-document.ts';
import { ensureRepository } from './initialise.ts';
import { nameOfKey, objectKeys } from './object-keys.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import type { DataKey } from './sealing/data-key.ts';
import { createDataKey, openDataKey } from './sealing/data-key.ts';
import { SealedObjectBuilder } from './sealing/sealed-object-builder.ts';
import { bufferSource, openSealedObject } from './sealing/sealed-object.ts';
import { putOnce, readPinned } from './stored-objects.ts';

export interface RecoveryPoint {
  readonly backupId: string;
  readonly epoch: number;
  readonly store: string;
  readonly service: string;
  readonly engine: string;
  readonly method: string;
  readonly type: BackupType;
  readonly startTime: string;
  readonly endTime?: string;
  readonly units: readonly UnitResult[];
  /** Version of the Holdfast that wrote it, for people. */
  readonly writtenBy?: string;
}

export const pointName = (point: Pick<RecoveryPoint, 'backupId' | 'epoch'>): string =>
  `${point.backupId}.${String(point.epoch)}`;

/**
 * Writes a recovery point. Safe to repeat: the same point sealed a second time is the one that lies there.
 *
 * @throws ObjectExists when another point lies at the key
 */
export async function sealPoint(context: RepositoryContext, point: RecoveryPoint): Promise<ObjectPin> {
  const key = objectKeys.point(context.storeName, pointName(point));
  const content = canonicalJson(point);
  const dataKey = await ensurePointKey(context, pointName(point));
  const there = await context.location.stat(key);
  if (there === undefined) {
    const built = sealContent(context, dataKey, key, content);
    try {
      return await putOnce(context, key, built.parts, built.sha256);
    } catch (error) {
      // Sealed at the same time by another run of this step: what lies there decides.
      if (!hasErrorName(error, 'ObjectExists')) throw error;
    }
  }
  return acceptExisting(context, key, content);
}

/** @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported, KeyUnwrapFailed, KeyUnavailable */
export async function readPoint(context: RepositoryContext, pin: ObjectPin): Promise<RecoveryPoint> {
  const point = parsePoint(await readContent(context, pin), pin.key);
  if (pin.key !== objectKeys.point(context.storeName, pointName(point)) || point.store !== context.storeName) {
    throw new HoldfastError('IntegrityViolation', `unable to accept recovery point '${pin.key}': it is another one`, {
      key: pin.key,
    });
  }
  return point;
}

export interface ListedPoint {
  readonly pin: ObjectPin;
  /** Undefined when it could not be read; `problem` says why, and the others are listed all the same. */
  readonly point: RecoveryPoint | undefined;
  readonly problem?: Error;
}

/** Every recovery point at this location, oldest key first: where a restore without a catalog begins. */
export async function listPoints(context: RepositoryContext): Promise<readonly ListedPoint[]> {
  const listed: ListedPoint[] = [];
  for (let after: string | undefined; ;) {
    const page = await context.location.list(
      objectKeys.points(context.storeName),
      after === undefined ? {} : { after },
    );
    for (const { key, sizeBytes, sha256 } of page.objects)
      listed.push(await listPoint(context, { key, sizeBytes, sha256 }));
    if (page.next === undefined) return listed;
    after = page.next;
  }
}

async function listPoint(context: RepositoryContext, pin: ObjectPin): Promise<ListedPoint> {
  try {
    return { pin, point: await readPoint(context, pin) };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { pin, point: undefined, problem: error };
  }
}

/** A point has its own data key, under its own name, so that it is opened and erased by itself. */
async function ensurePointKey(context: RepositoryContext, name: string): Promise<DataKey> {
  if ((await context.location.stat(objectKeys.keys(context.storeName, name))) !== undefined)
    return openDataKey(context, name);
  const { id, bytes } = await ensureRepository(context);
  bytes.fill(0);
  try {
    return await createDataKey(context, id, name);
  } catch (error) {
    if (!hasErrorName(error, 'ObjectExists')) throw error;
    return openDataKey(context, name);
  }
}

function sealContent(context: RepositoryContext, dataKey: DataKey, key: string, content: string) {
  const builder = new SealedObjectBuilder({ kind: 'point', number: 0, key }, dataKey, context.ids);
  return builder.finish(new ByteWriter(content.length + 16).sized(Buffer.from(content, 'utf8')).view());
}

async function acceptExisting(context: RepositoryContext, key: string, content: string): Promise<ObjectPin> {
  const stored = await context.location.stat(key);
  const pin = { key, sizeBytes: stored?.sizeBytes ?? 0, sha256: stored?.sha256 ?? '' };
  if ((await readContent(context, pin)).toString('utf8') !== content) {
    throw new HoldfastError('ObjectExists', `unable to seal recovery point '${key}': another one lies there`, {
      location: context.location.name,
      key,
    });
  }
  return pin;
}

async function readContent(context: RepositoryContext, pin: ObjectPin): Promise<Buffer> {
  const bytes = await readPinned(context, pin, REPOSITORY_LIMITS.trailerBytesMax);
  const object = await openSealedObject(
    bufferSource(pin.key, bytes),
    { kind: 'point', number: 0, key: pin.key },
    await openDataKey(context, nameOfKey(pin.key)),
  );
  const reader = new ByteReader(object.trailer, pin.key);
  const content = reader.sized(REPOSITORY_LIMITS.trailerBytesMax);
  reader.end();
  return content;
}

function parsePoint(content: Buffer, key: string): RecoveryPoint {
  const point = parseJsonObject(content, key);
  const { backupId, epoch, units } = point;
  if (typeof backupId !== 'string' || typeof epoch !== 'number' || !Array.isArray(units)) {
    throw new HoldfastError('IntegrityViolation', `unable to read recovery point '${key}': it is not legible`, { key });
  }
  return point as unknown as RecoveryPoint;
}
