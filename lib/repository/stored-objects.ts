// Puts and reads of whole stored objects with the two rules of the repository: written once, and never believed unseen.

import { createHash } from 'node:crypto';

import type { ObjectPin } from '../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import type { StoredObject } from '../ports/object-store.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';

export function sha256Of(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/**
 * Writes an object once. Safe to repeat: the same bytes are sent again while the store is unavailable, and a key that exists with
 * the same bytes counts as written (the answer to an earlier call was lost).
 *
 * @throws ObjectExists when other bytes lie at the key
 */
export async function putOnce(
  context: RepositoryContext,
  key: string,
  parts: readonly Uint8Array[],
  sha256 = sha256Of(...parts),
): Promise<ObjectPin> {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const options = { sha256, ...(context.lockedUntil === undefined ? {} : { lockedUntil: context.lockedUntil }) };
  for (let tried = 1; ; tried++) {
    try {
      await context.location.put(key, parts, options);
      break;
    } catch (error) {
      if (hasErrorName(error, 'ObjectExists')) {
        await assertSameBytes(context, { key, sizeBytes, sha256 }, error);
        break;
      }
      if (!hasErrorName(error, 'StorageUnavailable') || tried >= REPOSITORY_LIMITS.putAttemptsMax) throw error;
      await context.clock.sleep(REPOSITORY_LIMITS.putBackoffMilliseconds * 2 ** (tried - 1));
    }
  }
  return { key, sizeBytes, sha256 };
}

/**
 * Writes a small object once and reads it back. For what no later verification compares with a pin: wrapped keys (a bit flipped in
 * the recovery recipient's part would show only on the worst day), the repository's own document, inventories.
 *
 * @throws ObjectExists, IntegrityViolation
 */
export async function putProven(
  context: RepositoryContext,
  key: string,
  parts: readonly Uint8Array[],
): Promise<ObjectPin> {
  const pin = await putOnce(context, key, parts);
  await checkPinned(context, pin);
  return pin;
}

async function assertSameBytes(context: RepositoryContext, pin: ObjectPin, refusal: unknown): Promise<void> {
  const stored = await context.location.stat(pin.key);
  if (stored?.sizeBytes !== pin.sizeBytes || stored.sha256 !== pin.sha256) throw refusal;
}

/**
 * Facts of an object that must lie at this location.
 *
 * @throws CopyMissing when it does not
 */
export async function statPresent(context: RepositoryContext, key: string): Promise<StoredObject> {
  const stored = await context.location.stat(key);
  if (stored === undefined) throw missing(context, key);
  return stored;
}

/** The whole object. @throws CopyMissing; IntegrityViolation when it is larger than `bytesMax` */
export async function readWhole(context: RepositoryContext, key: string, bytesMax: number): Promise<Buffer> {
  const stored = await statPresent(context, key);
  if (stored.sizeBytes > bytesMax) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to read object '${key}': it is larger than the format allows`,
      { location: context.location.name, key },
    );
  }
  return translateMissing(context, key, context.location.get(key));
}

/** The whole object, every byte compared with its pin. @throws CopyMissing, IntegrityViolation */
export async function readPinned(context: RepositoryContext, pin: ObjectPin, bytesMax: number): Promise<Buffer> {
  const bytes = await readWhole(context, pin.key, bytesMax);
  if (bytes.length !== pin.sizeBytes || sha256Of(bytes) !== pin.sha256) throw differsFromPin(context, pin.key);
  return bytes;
}

/** Reads an object window by window and compares its hash with the pin, keeping none of it. @throws CopyMissing, IntegrityViolation */
export async function checkPinned(context: RepositoryContext, pin: ObjectPin): Promise<void> {
  const stored = await statPresent(context, pin.key);
  if (stored.sizeBytes !== pin.sizeBytes) throw differsFromPin(context, pin.key);
  const hash = createHash('sha256');
  for (let offset = 0; offset < pin.sizeBytes; offset += REPOSITORY_LIMITS.hashWindowBytes) {
    const length = Math.min(REPOSITORY_LIMITS.hashWindowBytes, pin.sizeBytes - offset);
    hash.update(await readRange(context, pin.key, offset, length));
  }
  if (hash.digest('hex') !== pin.sha256) throw differsFromPin(context, pin.key);
}

export async function readRange(
  context: RepositoryContext,
  key: string,
  offset: number,
  length: number,
): Promise<Buffer> {
  return translateMissing(context, key, context.location.get(key, { range: { offset, length } }));
}

export function differsFromPin(context: RepositoryContext, key: string): HoldfastError {
  return new HoldfastError(
    'IntegrityViolation',
    `unable to accept object '${key}': its bytes are not the ones that were written`,
    {
      location: context.location.name,
      key,
    },
  );
}

/** A missing object and one that is too short are told apart from a store that does not answer. */
async function translateMissing(context: RepositoryContext, key: string, reading: Promise<Buffer>): Promise<Buffer> {
  try {
    return await reading;
  } catch (error) {
    if (hasErrorName(error, 'ObjectNotFound')) throw missing(context, key);
    if (hasErrorName(error, 'ObjectCorrupted')) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to read object '${key}'`,
        { location: context.location.name, key },
        { cause: error },
      );
    }
    throw error;
  }
}

function missing(context: RepositoryContext, key: string): HoldfastError {
  return new HoldfastError('CopyMissing', `unable to find object '${key}' at location '${context.location.name}'`, {
    location: context.location.name,
    key,
  });
}
