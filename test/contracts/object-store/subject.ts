// What the cases of the object store contract work with: adapters on one storage, and mutants made of them.

import { createHash } from 'node:crypto';

import { expect } from '@jest/globals';

import { HoldfastError } from '../../../lib/domain/errors.ts';
import type { ObjectStore, StoredObject } from '../../../lib/ports/object-store.ts';
import { instead } from '../contract.ts';

export interface ObjectStoreSubject {
  readonly store: ObjectStore;
  /** A second adapter on the same storage, as another process would have it. */
  readonly other: ObjectStore;
  /** The store's own time: locks are judged by it. */
  readonly now: () => number;
}

export const hashOf = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

export const put = (
  store: ObjectStore,
  key: string,
  text = key,
  more: { readonly lockedUntil?: string } = {},
): Promise<StoredObject> => {
  const bytes = Buffer.from(text);
  return store.put(key, [bytes], { sha256: hashOf(bytes), ...more });
};

export const textOf = async (store: ObjectStore, key: string): Promise<string> => (await store.get(key)).toString();

export async function keysOf(store: ObjectStore, prefix: string, limit?: number): Promise<string[]> {
  const keys: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 50; pages += 1) {
    const page = await store.list(prefix, {
      ...(limit !== undefined && { limit }),
      ...(after !== undefined && { after }),
    });
    if (limit !== undefined) expect(page.objects.length).toBeLessThanOrEqual(limit);
    keys.push(...page.objects.map((object) => object.key));
    after = page.next;
    if (after === undefined) return keys;
  }
  throw new HoldfastError('Internal', 'listing does not come to an end');
}

export const inSeconds = (subject: ObjectStoreSubject, seconds: number): string =>
  new Date(subject.now() + seconds * 1000).toISOString();

/** A subject whose adapters both have these methods instead of their own. */
export const both =
  (changes: (store: ObjectStore) => Partial<ObjectStore>) =>
  (subject: ObjectStoreSubject): ObjectStoreSubject => ({
    ...subject,
    store: instead(subject.store, changes(subject.store)),
    other: instead(subject.other, changes(subject.other)),
  });
