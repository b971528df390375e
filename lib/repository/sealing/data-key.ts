// Data keys: one per attempt, 32 random bytes, stored only wrapped (for the location's provider and the recovery recipient).

import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { HoldfastError, hasErrorName } from '../../domain/errors.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { isoNow } from '../../ports/clock.ts';
import type { KeyContext, KeyProvider, WrappedKey } from '../../ports/key-provider.ts';
import { decodeDocument, encodeDocument } from '../encoding/plain-document.ts';
import { assertAttemptName, objectKeys } from '../object-keys.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import { putProven, readWhole } from '../stored-objects.ts';

export const DATA_KEY_BYTES = 32;
const RECIPIENTS_MAX = 16;

export interface DataKey {
  /** The repository the attempt belongs to; proven by the unwrapping, which is bound to it. */
  readonly repository: string;
  readonly attempt: string;
  /** Never printed, never exported but for wrapping it again. */
  readonly secret: KeyObject;
}

/**
 * Makes the data key of a new attempt and stores it wrapped. Comes before the first pack, so that no pack ever lies anywhere that
 * nobody can open.
 *
 * @throws ObjectExists when the attempt has a key already: an attempt is used once; KeyUnavailable
 */
export async function createDataKey(context: RepositoryContext, repository: string, attempt: string): Promise<DataKey> {
  assertAttemptName(attempt);
  const raw = context.ids.randomBytes(DATA_KEY_BYTES);
  try {
    await storeDataKey(context, repository, attempt, raw);
    return { repository, attempt, secret: createSecretKey(raw) };
  } finally {
    raw.fill(0);
  }
}

/** @throws KeyUnwrapFailed, KeyUnavailable, CopyMissing, IntegrityViolation, RepositoryFormatUnsupported */
export async function openDataKey(context: RepositoryContext, attempt: string): Promise<DataKey> {
  assertAttemptName(attempt);
  const key = objectKeys.keys(context.storeName, attempt);
  const document = decodeDocument(await readWhole(context, key, REPOSITORY_LIMITS.documentBytesMax), 'keys', key);
  const { attempt: owner, repository } = document;
  if (owner !== attempt || typeof repository !== 'string') {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to read object '${key}': it holds the keys of another attempt`,
      { key },
    );
  }
  const raw = await unwrapFor(
    context.keys,
    recipientsOf(document, key),
    dataKeyContext(context, repository, attempt),
    key,
  );
  try {
    if (raw.length !== DATA_KEY_BYTES)
      throw new HoldfastError('KeyUnwrapFailed', `unable to use the key of object '${key}'`, { key });
    return { repository, attempt, secret: createSecretKey(raw) };
  } finally {
    raw.fill(0);
  }
}

/**
 * Wraps a data key for another location's recipients. Idempotent: a key that is there must open to the same secret.
 *
 * @throws IntegrityViolation when another key lies there
 */
export async function copyDataKey(to: RepositoryContext, dataKey: DataKey): Promise<void> {
  const key = objectKeys.keys(to.storeName, dataKey.attempt);
  if ((await to.location.stat(key)) === undefined) {
    const raw = dataKey.secret.export();
    try {
      await storeDataKey(to, dataKey.repository, dataKey.attempt, raw);
      return;
    } catch (error) {
      // Somebody else copied it meanwhile, or the answer was lost: what lies there decides.
      if (!hasErrorName(error, 'ObjectExists')) throw error;
    } finally {
      raw.fill(0);
    }
  }
  const there = await openDataKey(to, dataKey.attempt);
  if (there.repository !== dataKey.repository || !there.secret.equals(dataKey.secret)) {
    throw new HoldfastError('IntegrityViolation', `unable to copy object '${key}': another key lies there`, {
      location: to.location.name,
      key,
    });
  }
}

async function storeDataKey(
  context: RepositoryContext,
  repository: string,
  attempt: string,
  raw: Buffer,
): Promise<void> {
  const recipients = await wrapFor(context, raw, dataKeyContext(context, repository, attempt));
  const document = encodeDocument('keys', { attempt, repository, createdAt: isoNow(context.clock), recipients });
  await putProven(context, objectKeys.keys(context.storeName, attempt), [document]);
}

const dataKeyContext = (context: RepositoryContext, repository: string, attempt: string): KeyContext => ({
  purpose: 'holdfast data key',
  store: context.storeName,
  repository,
  attempt,
});

/** Wraps for everybody who must be able to read at this location. */
export async function wrapFor(
  context: RepositoryContext,
  raw: Uint8Array,
  keyContext: KeyContext,
): Promise<readonly WrappedKey[]> {
  const forProvider = await context.keys.wrap(raw, keyContext);
  return context.recipient === undefined ? [forProvider] : [forProvider, await context.recipient.wrap(raw, keyContext)];
}

/** Opens the recipient that this provider can open. @throws KeyUnwrapFailed, KeyUnavailable */
export async function unwrapFor(
  keys: KeyProvider,
  recipients: readonly WrappedKey[],
  keyContext: KeyContext,
  key: string,
): Promise<Buffer> {
  let refusal: unknown;
  for (const recipient of recipients.filter(({ provider }) => provider === keys.provider)) {
    try {
      return await keys.unwrap(recipient, keyContext);
    } catch (error) {
      if (!hasErrorName(error, 'KeyUnwrapFailed')) throw error;
      refusal = error;
    }
  }
  throw new HoldfastError(
    'KeyUnwrapFailed',
    `unable to unwrap the key of object '${key}' with provider '${keys.provider}'`,
    { key, provider: keys.provider },
    { cause: refusal },
  );
}

/** @throws IntegrityViolation */
export function recipientsOf(document: JsonObject, key: string): readonly WrappedKey[] {
  const { recipients } = document;
  const list: readonly JsonValue[] = Array.isArray(recipients) ? (recipients as readonly JsonValue[]) : [];
  if (list.length === 0 || list.length > RECIPIENTS_MAX || !list.every(isWrappedKey)) {
    throw new HoldfastError('IntegrityViolation', `unable to read object '${key}': its recipients are not legible`, {
      key,
    });
  }
  return list;
}

function isWrappedKey(value: unknown): value is WrappedKey & JsonObject {
  const key = value as Partial<WrappedKey> | null;
  return (
    typeof key === 'object' &&
    typeof key?.provider === 'string' &&
    typeof key.keyId === 'string' &&
    typeof key.keyVersion === 'number' &&
    typeof key.wrapped === 'string'
  );
}
