// Brings a recovery point to another location byte for byte, so that one hash stands for it everywhere.

import type { ObjectPin } from '../domain/backup-record.ts';
import { Copying } from './copy-unit.ts';
import { initialiseCopy } from './initialise.ts';
import { nameOfKey } from './object-keys.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import { copyDataKey, openDataKey } from './sealing/data-key.ts';

/** Safe to repeat. Comes after the units: a location that has the point has all it pins. @throws CopyMissing, IntegrityViolation */
export async function copyPoint(from: RepositoryContext, to: RepositoryContext, pin: ObjectPin): Promise<void> {
  await initialiseCopy(from, to);
  await copyDataKey(to, await openDataKey(from, nameOfKey(pin.key)));
  await new Copying(from, to, {}).copy(pin, REPOSITORY_LIMITS.trailerBytesMax);
}
