// What a new attempt learns from completed backups: where known chunks lie, and the previous manifest to walk beside.

import type { ObjectPin, UnitResult } from '../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import { openIndex } from './index/index-object.ts';
import { ensureRepository, hasRepository } from './initialise.ts';
import { ManifestCursor } from './manifest/manifest-cursor.ts';
import { openManifest } from './manifest/manifest.ts';
import { PackLedger } from './manifest/pack-ledger.ts';
import { objectKeys } from './object-keys.ts';
import { AttemptChunks } from './packing/attempt-chunks.ts';
import type { RepositoryContext } from './repository-context.ts';
import type { RepositorySecret } from './repository-secret.ts';
import { KeyRing } from './sealing/key-ring.ts';

export interface HistoryRequest {
  readonly context: RepositoryContext;
  readonly attempt: string;
  readonly previous?: UnitResult;
  readonly indexes: readonly { readonly attempt: string; readonly pin: ObjectPin }[];
}

export interface UnitHistory {
  readonly repository: RepositorySecret;
  readonly chunks: AttemptChunks;
  readonly ledger: PackLedger;
  readonly cursor: ManifestCursor | undefined;
  /** What could not be used, for people: the backup is whole all the same, only larger or slower. */
  readonly warnings: readonly string[];
}

/** @throws KeyUnavailable, StorageUnavailable; KeyUnwrapFailed, CopyMissing, IntegrityViolation for the repository object itself */
export async function loadHistory(request: HistoryRequest): Promise<UnitHistory> {
  const { context, attempt, previous } = request;
  const repository = await openRepositoryOf(request);
  const keys = new KeyRing(context, repository.id);
  const chunks = new AttemptChunks(attempt);
  const ledger = new PackLedger(attempt);
  const warnings: string[] = [];
  for (const { attempt: earlier, pin } of request.indexes) {
    const problem = await problemOf(async () => {
      const index = await openIndex(context, keys, earlier, pin);
      ledger.learn(earlier, index.pins);
      for await (const { firstChunk, ids } of index.sections()) chunks.learn(earlier, firstChunk, ids);
    });
    if (problem !== undefined) warnings.push(`content of attempt '${earlier}' is stored again: ${problem}`);
  }
  let cursor: ManifestCursor | undefined;
  if (previous !== undefined) {
    const problem = await problemOf(async () => {
      const manifest = await openManifest(context, keys, previous);
      for (const { attempt: earlier, packs } of manifest.trailer.attempts) ledger.learn(earlier, packs);
      cursor = new ManifestCursor(manifest);
    });
    if (problem !== undefined) warnings.push(`everything is read again: ${problem}`);
  }
  return { repository, chunks, ledger, cursor, warnings };
}

/**
 * A lost repository object is brought back from the previous manifest. Without one it is not replaced by a new secret: nothing of
 * the earlier backups would ever be found again, and no copy could be completed.
 */
async function openRepositoryOf({ context, previous, indexes }: HistoryRequest): Promise<RepositorySecret> {
  const isNew = previous === undefined && indexes.length === 0;
  if (isNew || (await hasRepository(context))) return ensureRepository(context);
  if (previous === undefined) {
    const key = objectKeys.repository(context.storeName);
    throw new HoldfastError(
      'CopyMissing',
      `unable to find object '${key}' at location '${context.location.name}', where backups lie`,
      { location: context.location.name, key },
    );
  }
  const manifest = await openManifest(context, new KeyRing(context), previous);
  return ensureRepository(context, manifest.secret);
}

/**
 * Damage in what earlier backups left must not stop new ones: what cannot be read is not built upon, so the new backup is whole
 * without it. It is said in the facts of the unit, and verification of the earlier backup finds it too.
 */
async function problemOf(load: () => Promise<void>): Promise<string | undefined> {
  try {
    await load();
    return undefined;
  } catch (error) {
    const isDamage = hasErrorName(
      error,
      'IntegrityViolation',
      'CopyMissing',
      'RepositoryFormatUnsupported',
      'KeyUnwrapFailed',
    );
    if (!isDamage) throw error;
    return (error as Error).message;
  }
}
