// Creates or opens a repository at one location: its id and the one secret that all its chunk ids and cut points come from.

import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import { isoNow } from '../ports/clock.ts';
import type { KeyContext } from '../ports/key-provider.ts';
import { decodeDocument, encodeDocument } from './encoding/plain-document.ts';
import { objectKeys } from './object-keys.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import type { RepositorySecret } from './repository-secret.ts';
import { REPOSITORY_SECRET_BYTES } from './repository-secret.ts';
import { recipientsOf, unwrapFor, wrapFor } from './sealing/data-key.ts';
import { putProven, readWhole } from './stored-objects.ts';

/**
 * Opens the repository of this store at this location, or creates it. Safe to run twice and at once: the first writer's repository
 * stands, the others read it. A caller that knows the secret from elsewhere gives it, so that a lost object comes back as it was.
 *
 * @throws KeyUnwrapFailed, KeyUnavailable, RepositoryFormatUnsupported, IntegrityViolation
 */
export async function ensureRepository(
  context: RepositoryContext,
  known?: RepositorySecret,
): Promise<RepositorySecret> {
  const found = await readSecret(context);
  if (found !== undefined) return found;
  const secret = known ?? { id: context.ids.next('rep'), bytes: context.ids.randomBytes(REPOSITORY_SECRET_BYTES) };
  return (await offerSecret(context, secret)) ?? secret;
}

export async function hasRepository(context: RepositoryContext): Promise<boolean> {
  return (await context.location.stat(objectKeys.repository(context.storeName))) !== undefined;
}

/**
 * Brings the repository's secret to another location, wrapped for the keys there: chunk ids must be the same in every copy.
 * Idempotent.
 *
 * @throws IntegrityViolation when another repository lies at the target
 */
export async function initialiseCopy(from: RepositoryContext, to: RepositoryContext): Promise<void> {
  const source = await readSecret(from);
  if (source === undefined) {
    const key = objectKeys.repository(from.storeName);
    throw new HoldfastError('CopyMissing', `unable to find object '${key}' at location '${from.location.name}'`, {
      location: from.location.name,
      key,
    });
  }
  const target = (await readSecret(to)) ?? (await offerSecret(to, source)) ?? source;
  if (target.id !== source.id || !target.bytes.equals(source.bytes)) {
    const key = objectKeys.repository(to.storeName);
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to copy to location '${to.location.name}': another repository lies there`,
      { location: to.location.name, key },
    );
  }
  source.bytes.fill(0);
  target.bytes.fill(0);
}

async function readSecret(context: RepositoryContext): Promise<RepositorySecret | undefined> {
  const key = objectKeys.repository(context.storeName);
  if ((await context.location.stat(key)) === undefined) return undefined;
  const document = decodeDocument(await readWhole(context, key, REPOSITORY_LIMITS.documentBytesMax), 'repository', key);
  const { id } = document;
  if (typeof id !== 'string' || id === '') {
    throw new HoldfastError('IntegrityViolation', `unable to read object '${key}': it names no repository`, { key });
  }
  const bytes = await unwrapFor(context.keys, recipientsOf(document, key), secretContext(context, id), key);
  if (bytes.length !== REPOSITORY_SECRET_BYTES)
    throw new HoldfastError('KeyUnwrapFailed', `unable to use the key of object '${key}'`, { key });
  return { id, bytes };
}

/** Undefined when this secret is now the repository's; the other one when somebody was faster. */
async function offerSecret(
  context: RepositoryContext,
  secret: RepositorySecret,
): Promise<RepositorySecret | undefined> {
  const recipients = await wrapFor(context, secret.bytes, secretContext(context, secret.id));
  const document = encodeDocument('repository', {
    id: secret.id,
    store: context.storeName,
    createdAt: isoNow(context.clock),
    recipients,
  });
  try {
    await putProven(context, objectKeys.repository(context.storeName), [document]);
    return undefined;
  } catch (error) {
    if (!hasErrorName(error, 'ObjectExists')) throw error;
    return readSecret(context);
  }
}

const secretContext = (context: RepositoryContext, id: string): KeyContext => ({
  purpose: 'holdfast repository secret',
  store: context.storeName,
  repository: id,
});
