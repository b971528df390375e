// Brings everything a unit needs to another location. Safe to repeat after any crash: what is there and right is not sent again.

import type { ObjectPin, UnitResult } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { initialiseCopy } from './initialise.ts';
import { openManifest } from './manifest/manifest.ts';
import { objectKeys } from './object-keys.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import { copyDataKey } from './sealing/data-key.ts';
import { KeyRing } from './sealing/key-ring.ts';
import { differsFromPin, putOnce, readPinned } from './stored-objects.ts';

export interface CopyOptions {
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface CopyResult {
  readonly sentBytes: number;
  readonly sentObjects: number;
  /** Objects that were there already. */
  readonly foundObjects: number;
}

/**
 * Order: repository, keys, packs, index, manifest. A location that has the manifest has everything else.
 *
 * @throws CopyMissing or IntegrityViolation when the source lacks something or holds other bytes than were written, and when other
 * bytes lie at the target: nothing is ever overwritten
 */
export async function copyUnit(
  from: RepositoryContext,
  to: RepositoryContext,
  unit: UnitResult,
  options: CopyOptions = {},
): Promise<CopyResult> {
  await initialiseCopy(from, to);
  const keys = new KeyRing(from);
  const manifest = await openManifest(from, keys, unit);
  const copying = new Copying(from, to, options);
  for (const { attempt } of manifest.trailer.attempts) await copyDataKey(to, await keys.of(attempt));
  for (const { attempt, packs } of manifest.trailer.attempts) {
    for (const { number, sizeBytes, sha256 } of packs) {
      await copying.copy(
        { key: objectKeys.pack(from.storeName, attempt, number), sizeBytes, sha256 },
        REPOSITORY_LIMITS.packBytesMax,
      );
    }
  }
  await copying.copy(unit.index, REPOSITORY_LIMITS.objectBytesMax);
  await copying.copy(unit.manifest, REPOSITORY_LIMITS.objectBytesMax);
  return copying.result;
}

/** Copies single pinned objects. */
export class Copying {
  readonly #from: RepositoryContext;
  readonly #to: RepositoryContext;
  readonly #options: CopyOptions;
  #sentBytes = 0;
  #sentObjects = 0;
  #foundObjects = 0;

  constructor(from: RepositoryContext, to: RepositoryContext, options: CopyOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  get result(): CopyResult {
    return { sentBytes: this.#sentBytes, sentObjects: this.#sentObjects, foundObjects: this.#foundObjects };
  }

  async copy(pin: ObjectPin, bytesMax: number): Promise<void> {
    if (this.#options.signal?.aborted === true)
      throw new HoldfastError('ExecutionStopped', 'unable to go on copying: stopped by request');
    const there = await this.#to.location.stat(pin.key);
    if (there !== undefined) {
      if (there.sizeBytes !== pin.sizeBytes || there.sha256 !== pin.sha256) throw differsFromPin(this.#to, pin.key);
      this.#foundObjects += 1;
      return;
    }
    // Compared with the pin before they are sent: damage at the source must not become a second damaged copy.
    const bytes = await readPinned(this.#from, pin, bytesMax);
    await putOnce(this.#to, pin.key, [bytes], pin.sha256);
    this.#sentObjects += 1;
    this.#sentBytes += pin.sizeBytes;
    this.#options.onProgress?.(this.#sentBytes);
  }
}
