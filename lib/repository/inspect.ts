// What stored objects say of themselves, for the compliance gate: facts are read from the location, never from our configuration.

import type { UnitResult } from '../domain/backup-record.ts';
import type { WrappedKey } from '../ports/key-provider.ts';
import { decodeDocument } from './encoding/plain-document.ts';
import { PREFIX_BYTES, parsePrefix } from './encoding/object-prefix.ts';
import { openManifest } from './manifest/manifest.ts';
import { objectKeys } from './object-keys.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import { recipientsOf as parseRecipients } from './sealing/data-key.ts';
import { KeyRing } from './sealing/key-ring.ts';
import { readRange, readWhole } from './stored-objects.ts';

/**
 * Name of the suite that a stored pack of this unit carries in its own header (of the manifest, when the unit has no pack).
 *
 * @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported
 */
export async function encryptionOf(context: RepositoryContext, unit: UnitResult): Promise<string> {
  const { trailer } = await openManifest(context, new KeyRing(context), unit);
  const pin = trailer.attempts.flatMap(({ packs }) => packs)[0];
  const key = pin === undefined ? unit.manifest.key : objectKeys.pack(context.storeName, pin.attempt, pin.number);
  return parsePrefix(await readRange(context, key, 0, PREFIX_BYTES), key).suite;
}

/** Who can open an attempt's data key at this location. @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported */
export async function recipientsOf(
  context: RepositoryContext,
  attempt: string,
): Promise<readonly Pick<WrappedKey, 'provider' | 'keyId' | 'keyVersion'>[]> {
  const key = objectKeys.keys(context.storeName, attempt);
  const document = decodeDocument(await readWhole(context, key, REPOSITORY_LIMITS.documentBytesMax), 'keys', key);
  return parseRecipients(document, key).map(({ provider, keyId, keyVersion }) => ({ provider, keyId, keyVersion }));
}
