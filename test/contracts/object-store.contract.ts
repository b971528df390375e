// The contract of lib/ports/object-store.ts, for every adapter: written once, published whole, read by version, listed in byte order.

import { createHash } from 'node:crypto';

import { expect } from '@jest/globals';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { ObjectStore, StoredObject } from '../../lib/ports/object-store.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

export interface ObjectStoreSubject {
  readonly store: ObjectStore;
  /** A second adapter on the same storage, as another process would have it. */
  readonly other: ObjectStore;
  /** The store's own time: locks are judged by it. */
  readonly now: () => number;
}

export function objectStoreContract(name: string, make: MakeSubject<ObjectStoreSubject>): void {
  runContract(`object store contract: ${name}`, objectStoreCases, make);
}

export function objectStoreMutants(name: string, make: MakeSubject<ObjectStoreSubject>): void {
  runMutants(`object store contract: ${name}`, objectStoreCases, make);
}

const hashOf = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const put = (
  store: ObjectStore,
  key: string,
  text = key,
  more: { readonly lockedUntil?: string } = {},
): Promise<StoredObject> => {
  const bytes = Buffer.from(text);
  return store.put(key, [bytes], { sha256: hashOf(bytes), ...more });
};

const textOf = async (store: ObjectStore, key: string): Promise<string> => (await store.get(key)).toString();

async function keysOf(store: ObjectStore, prefix: string, limit?: number): Promise<string[]> {
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

const inSeconds = (subject: ObjectStoreSubject, seconds: number): string =>
  new Date(subject.now() + seconds * 1000).toISOString();

/** A subject whose adapters both have these methods instead of their own. */
const both =
  (changes: (store: ObjectStore) => Partial<ObjectStore>) =>
  (subject: ObjectStoreSubject): ObjectStoreSubject => ({
    ...subject,
    store: instead(subject.store, changes(subject.store)),
    other: instead(subject.other, changes(subject.other)),
  });

const writing: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'put of a new key - readable whole, with the facts that were answered',
    run: async ({ store }) => {
      const bytes = Buffer.from('what was written');

      const object = await store.put('a/new', [bytes], { sha256: hashOf(bytes) });

      expect(object).toMatchObject({ key: 'a/new', sizeBytes: bytes.length, sha256: hashOf(bytes) });
      expect(object.version).not.toBe('');
      expect(store.capabilities.tiers).toContain(object.tier);
      expect(Number.isNaN(Date.parse(object.storedAt))).toBe(false);
      expect(await store.get('a/new')).toEqual(bytes);
      expect(await store.get('a/new', { version: object.version })).toEqual(bytes);
      expect(await store.stat('a/new')).toEqual(object);
    },
    mutants: {
      'stores less than it was given': both((store) => ({
        put: (key, parts) => {
          const cut = Buffer.concat(parts).subarray(1);
          return store.put(key, [cut], { sha256: hashOf(cut) });
        },
      })),
      'answers an empty version': both((store) => ({
        put: async (...all) => ({ ...(await store.put(...all)), version: '' }),
      })),
      'tells other facts later than at first': both((store) => ({
        stat: async (...all) => {
          const object = await store.stat(...all);
          return object && { ...object, storedAt: '2000-01-01T00:00:00.000Z' };
        },
      })),
    },
  },
  {
    title: 'put from several parts - stored one after the other',
    run: async ({ store }) => {
      const parts = ['one,', 'two,', 'three'].map((text) => Buffer.from(text));

      await store.put('parts', parts, { sha256: hashOf(...parts) });

      expect(await textOf(store, 'parts')).toBe('one,two,three');
    },
    mutants: {
      'stores the parts in another order': both((store) => ({
        put: (key, parts) => store.put(key, parts.toReversed(), { sha256: hashOf(...parts.toReversed()) }),
      })),
      'stores the first part only': both((store) => ({
        put: (key, parts) => store.put(key, parts.slice(0, 1), { sha256: hashOf(...parts.slice(0, 1)) }),
      })),
    },
  },
  {
    title: 'put of nothing - an object of size zero',
    run: async ({ store }) => {
      await store.put('empty', [], { sha256: hashOf() });

      expect(await store.stat('empty')).toMatchObject({ sizeBytes: 0 });
      expect(await store.get('empty')).toHaveLength(0);
    },
    mutants: {
      'takes an empty object for none': both((store) => ({
        stat: async (...all) => {
          const object = await store.stat(...all);
          return object?.sizeBytes === 0 ? undefined : object;
        },
      })),
    },
  },
  {
    title: 'put under an existing key - refused, first bytes and facts stay',
    run: async ({ store, other }) => {
      const first = await put(store, 'once', 'first');

      const failure = await failureOf(put(other, 'once', 'second'));

      expect(failure.name).toBe('ObjectExists');
      expect(await textOf(store, 'once')).toBe('first');
      expect(await store.stat('once')).toEqual(first);
    },
    mutants: {
      overwrites: both((store) => ({
        put: async (key, parts, options) => {
          const found = await store.stat(key);
          if (found !== undefined) await store.deleteVersion(key, found.version);
          return store.put(key, parts, options);
        },
      })),
      'overwrites and then refuses': both((store) => ({
        put: async (key, parts, options) => {
          const found = await store.stat(key);
          if (found !== undefined) await store.deleteVersion(key, found.version);
          const object = await store.put(key, parts, options);
          if (found !== undefined) throw new HoldfastError('ObjectExists', 'refused too late');
          return object;
        },
      })),
    },
  },
  {
    title: 'put of the same bytes under an existing key - refused as well',
    run: async ({ store }) => {
      await put(store, 'once', 'same');

      expect((await failureOf(put(store, 'once', 'same'))).name).toBe('ObjectExists');
    },
    mutants: {
      'answers the existing object for equal bytes': both((store) => ({
        put: async (key, parts, options) => {
          const found = await store.stat(key);
          return found?.sha256 === options.sha256 ? found : store.put(key, parts, options);
        },
      })),
    },
  },
  {
    title: 'put by many writers of one key at once - one succeeds and its bytes stay',
    run: async ({ store, other }) => {
      const texts = Array.from({ length: 12 }, (_, index) => `writer ${index}`);

      const outcomes = await Promise.allSettled(
        texts.map((text, index) => put(index % 2 === 0 ? store : other, 'raced', text)),
      );

      const winners = texts.filter((_, index) => outcomes[index]?.status === 'fulfilled');
      const losses = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map((outcome) => (outcome.reason as Error).name);
      expect(winners).toHaveLength(1);
      expect(new Set(losses)).toEqual(new Set(['ObjectExists']));
      expect(await textOf(store, 'raced')).toBe(winners[0]);
    },
    mutants: {
      'looks first and replaces later': both((store) => ({
        put: async (key, parts, options) => {
          if ((await store.stat(key)) !== undefined) throw new HoldfastError('ObjectExists', 'seen before');
          for (let tries = 0; tries < 100; tries += 1) {
            const object = await store.put(key, parts, options).catch(() => undefined);
            if (object !== undefined) return object;
            const found = await store.stat(key);
            if (found !== undefined) await store.deleteVersion(key, found.version);
          }
          throw new HoldfastError('ObjectExists', 'gave up');
        },
      })),
    },
  },
  {
    title: 'put with the hash of other bytes - refused, nothing becomes visible',
    run: async ({ store }) => {
      const failure = await failureOf(
        store.put('wrong', [Buffer.from('bytes')], { sha256: hashOf(Buffer.from('other')) }),
      );

      expect(failure.name).toBe('ObjectCorrupted');
      expect(await store.stat('wrong')).toBeUndefined();
      expect(await keysOf(store, '')).toEqual([]);
    },
    mutants: {
      'does not compare the hash': both((store) => ({
        put: (key, parts) => store.put(key, parts, { sha256: hashOf(...parts) }),
      })),
      'stores first and compares then': both((store) => ({
        put: async (key, parts, options) => {
          const object = await store.put(key, parts, { sha256: hashOf(...parts) });
          if (object.sha256 !== options.sha256) throw new HoldfastError('ObjectCorrupted', 'compared too late');
          return object;
        },
      })),
    },
  },
  {
    title: 'put - the caller may change its parts afterwards, and finds them unchanged before',
    run: async ({ store }) => {
      const part = Buffer.from('as it was');

      await store.put('kept', [part], { sha256: hashOf(part) });
      const after = part.toString();
      part.fill(0);

      expect(after).toBe('as it was');
      expect(await textOf(store, 'kept')).toBe('as it was');
    },
    mutants: {
      'keeps the parts instead of their bytes': both((store) => {
        const kept = new Map<string, readonly Uint8Array[]>();
        return {
          put: (key, parts, options) => {
            kept.set(key, parts);
            return store.put(key, parts, options);
          },
          get: async (key) => Buffer.concat(kept.get(key) ?? []),
        };
      }),
      'wipes the parts after use': both((store) => ({
        put: async (key, parts, options) => {
          const object = await store.put(key, parts, options);
          for (const part of parts) part.fill(0);
          return object;
        },
      })),
    },
  },
  {
    title: 'put of one key again after its deletion - another version, and the old one is not there',
    run: async ({ store }) => {
      const first = await put(store, 'again', 'first');
      await store.deleteVersion('again', first.version);

      const second = await put(store, 'again', 'second');

      expect(second.version).not.toBe(first.version);
      expect(await store.stat('again', first.version)).toBeUndefined();
      expect(await textOf(store, 'again')).toBe('second');
    },
    mutants: {
      'uses the key as version': both((store) => ({
        put: async (...all) => ({ ...(await store.put(...all)), version: 'constant' }),
        deleteVersion: async (key) => store.deleteVersion(key, (await store.stat(key))?.version ?? ''),
      })),
    },
  },
];

const reading: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'object that was put by another adapter - seen at once',
    run: async ({ store, other }) => {
      expect(await other.stat('shared')).toBeUndefined();
      const object = await put(store, 'shared');

      expect(await other.stat('shared')).toEqual(object);
      expect(await textOf(other, 'shared')).toBe('shared');
      expect(await keysOf(other, 'sha')).toEqual(['shared']);
    },
    mutants: {
      'remembers that an object was missing': both((store) => {
        const seen = new Map<string, StoredObject | undefined>();
        return {
          stat: async (key, version) => {
            if (!seen.has(key)) seen.set(key, await store.stat(key, version));
            return seen.get(key);
          },
        };
      }),
      'lists what it knew earlier': both(() => ({ list: async () => ({ objects: [] }) })),
    },
  },
  {
    title: 'get of a missing key - ObjectNotFound',
    run: async ({ store }) => {
      await put(store, 'here/and-not-there');

      expect((await failureOf(store.get('missing'))).name).toBe('ObjectNotFound');
      expect((await failureOf(store.get('here'))).name).toBe('ObjectNotFound');
    },
    mutants: {
      'answers nothing as an empty object': both((store) => ({
        get: (...all) => store.get(...all).catch(() => Buffer.alloc(0)),
      })),
      'has another error for it': both((store) => ({
        get: (...all) =>
          store.get(...all).catch(() => {
            throw new HoldfastError('StorageUnavailable', 'not there');
          }),
      })),
    },
  },
  {
    title: 'stat of a missing key or version - undefined',
    run: async ({ store }) => {
      await put(store, 'there');

      expect(await store.stat('missing')).toBeUndefined();
      expect(await store.stat('there', 'no-such-version')).toBeUndefined();
    },
    mutants: {
      'throws instead': both((store) => ({
        stat: async (key, version) => {
          const object = await store.stat(key, version);
          if (object === undefined) throw new HoldfastError('ObjectNotFound', 'missing');
          return object;
        },
      })),
      'does not look at the version': both((store) => ({ stat: (key) => store.stat(key) })),
    },
  },
  {
    title: 'get with a version that is not there - ObjectNotFound, never the bytes of another one',
    run: async ({ store }) => {
      await put(store, 'versioned');

      expect((await failureOf(store.get('versioned', { version: 'no-such-version' }))).name).toBe('ObjectNotFound');
    },
    mutants: { 'does not look at the version': both((store) => ({ get: (key) => store.get(key) })) },
  },
  {
    title: 'get with a range - exactly these bytes',
    run: async ({ store }) => {
      await put(store, 'ranged', '0123456789');
      const read = async (offset: number, length: number): Promise<string> =>
        (await store.get('ranged', { range: { offset, length } })).toString();

      expect(await read(0, 3)).toBe('012');
      expect(await read(4, 1)).toBe('4');
      expect(await read(7, 3)).toBe('789');
      expect(await read(10, 0)).toBe('');
    },
    mutants: {
      'answers the whole object': both((store) => ({ get: (key) => store.get(key) })),
      'takes the length for the end': both((store) => ({
        get: async (key, options) => (await store.get(key)).subarray(options?.range?.offset, options?.range?.length),
      })),
    },
  },
  {
    title: 'get with a range past the end - ObjectCorrupted, never a short answer',
    run: async ({ store }) => {
      await put(store, 'short', '0123456789');

      for (const range of [
        { offset: 8, length: 3 },
        { offset: 10, length: 1 },
        { offset: 50, length: 2 },
      ]) {
        expect((await failureOf(store.get('short', { range }))).name).toBe('ObjectCorrupted');
      }
    },
    mutants: {
      'answers what there is': both((store) => ({
        get: async (key, options) => {
          const { offset, length } = options?.range ?? { offset: 0, length: 0 };
          return (await store.get(key)).subarray(offset, offset + length);
        },
      })),
    },
  },
];

/** `-` is below `/`, and `/` below letters: an order by path components would differ, as would one by language. */
const KEYS_IN_ORDER = [
  'A',
  'Z/1',
  'a',
  'a-b',
  'a-b/c',
  'a.b',
  'a/b',
  'a/b/c',
  'a/b=c',
  'a0',
  'aB',
  'ab',
  'b/1',
  'b/10',
  'b/2',
  '~',
];

const listing: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'list - every key, in byte order over whole keys',
    run: async ({ store }) => {
      for (const key of KEYS_IN_ORDER.toReversed()) await put(store, key);

      expect(await keysOf(store, '')).toEqual(KEYS_IN_ORDER);
    },
    mutants: {
      'orders as a language does': both((store) => ({
        list: async (...all) => {
          const page = await store.list(...all);
          return { ...page, objects: page.objects.toSorted((left, right) => left.key.localeCompare(right.key, 'en')) };
        },
      })),
      'orders by path components': both((store) => ({
        list: async (...all) => {
          const page = await store.list(...all);
          const byParts = (object: StoredObject): string => object.key.replaceAll('/', '\0');
          return {
            ...page,
            objects: page.objects.toSorted((left, right) => (byParts(left) < byParts(right) ? -1 : 1)),
          };
        },
      })),
    },
  },
  {
    title: 'list - tells the facts of every object',
    run: async ({ store }) => {
      const object = await put(store, 'a/facts');

      expect((await store.list('a/')).objects).toEqual([object]);
    },
    mutants: {
      'leaves the hash out': both((store) => ({
        list: async (...all) => ({
          objects: (await store.list(...all)).objects.map((object) => ({ ...object, sha256: '' })),
        }),
      })),
    },
  },
  {
    title: 'list by pages - every key once, no page above the limit',
    run: async ({ store }) => {
      for (const key of KEYS_IN_ORDER) await put(store, key);

      for (const limit of [1, 3, KEYS_IN_ORDER.length]) expect(await keysOf(store, '', limit)).toEqual(KEYS_IN_ORDER);
    },
    mutants: {
      'gives the last key of a page again': both((store) => ({
        list: async (prefix, options) => {
          const before = options?.after?.slice(0, -1);
          return store.list(prefix, { ...options, ...(before !== undefined && { after: before }) });
        },
      })),
      'ends after the first page': both((store) => ({
        list: async (...all) => ({ objects: (await store.list(...all)).objects }),
      })),
      'knows no limit': both((store) => ({
        list: (prefix, options) =>
          store.list(prefix, { ...(options?.after !== undefined && { after: options.after }) }),
      })),
    },
  },
  {
    title: 'list after a key that is not there - goes on behind its place',
    run: async ({ store }) => {
      for (const key of ['a/1', 'a/3', 'b']) await put(store, key);

      expect((await store.list('', { after: 'a/2' })).objects.map((object) => object.key)).toEqual(['a/3', 'b']);
      expect((await store.list('a/', { after: 'a/3' })).objects).toEqual([]);
    },
    mutants: {
      'begins anew when the key is missing': both((store) => ({
        list: async (prefix, options) =>
          options?.after !== undefined && (await store.stat(options.after)) === undefined
            ? store.list(prefix)
            : store.list(prefix, options),
      })),
    },
  },
  {
    title: 'list by a prefix that ends inside a name - all keys that begin so and no others',
    run: async ({ store }) => {
      for (const key of ['a/bc/1', 'a/bd', 'a/b', 'a/c', 'ab', 'b']) await put(store, key);

      expect(await keysOf(store, 'a/b')).toEqual(['a/b', 'a/bc/1', 'a/bd']);
      expect(await keysOf(store, 'a/bc/')).toEqual(['a/bc/1']);
      expect(await keysOf(store, 'a')).toEqual(['a/b', 'a/bc/1', 'a/bd', 'a/c', 'ab']);
    },
    mutants: {
      'takes the prefix for a folder': both((store) => ({
        list: (prefix, options) => store.list(prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`, options),
      })),
      'lists the whole folder': both((store) => ({
        list: (prefix, options) => store.list(prefix.slice(0, prefix.lastIndexOf('/') + 1), options),
      })),
    },
  },
  {
    title: 'list of a prefix without objects - an empty page, and no next',
    run: async ({ store }) => {
      await put(store, 'elsewhere');

      expect(await store.list('nothing/here')).toEqual({ objects: [] });
    },
    mutants: {
      'throws instead': both((store) => ({
        list: async (...all) => {
          const page = await store.list(...all);
          if (page.objects.length === 0) throw new HoldfastError('ObjectNotFound', 'nothing there');
          return page;
        },
      })),
    },
  },
];

const locking: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'deleteVersion under a lock - refused, the object stays',
    run: async (subject) => {
      const { store, other } = subject;
      const lockedUntil = inSeconds(subject, 3600);
      const { version } = await put(store, 'locked', 'safe', { lockedUntil });

      const failure = await failureOf(other.deleteVersion('locked', version));

      expect(failure.name).toBe('ObjectLocked');
      expect(await textOf(store, 'locked')).toBe('safe');
      expect(await store.stat('locked')).toMatchObject({ lockedUntil });
    },
    mutants: {
      'drops the lock of a put': both((store) => ({
        put: (key, parts, { sha256 }) => store.put(key, parts, { sha256 }),
      })),
      'tells no lock': both((store) => ({
        stat: async (...all) => {
          const object = await store.stat(...all);
          if (object === undefined) return undefined;
          const { lockedUntil: _, ...others } = object;
          return others;
        },
      })),
    },
  },
  {
    title: 'deleteVersion after the lock has ended - removed',
    run: async (subject) => {
      const { store } = subject;
      const { version } = await put(store, 'unlocked', 'old', { lockedUntil: inSeconds(subject, -1) });

      await store.deleteVersion('unlocked', version);

      expect(await store.stat('unlocked')).toBeUndefined();
    },
    mutants: {
      'never lets a locked object go': both((store) => ({
        deleteVersion: async (key, version) => {
          if ((await store.stat(key))?.lockedUntil !== undefined)
            throw new HoldfastError('ObjectLocked', 'locked once');
          await store.deleteVersion(key, version);
        },
      })),
    },
  },
  {
    title: 'extendLock - the later date holds from then on, twice as well as once',
    run: async (subject) => {
      const { store, other } = subject;
      const { version } = await put(store, 'longer', 'x', { lockedUntil: inSeconds(subject, 60) });
      const later = inSeconds(subject, 7200);

      await store.extendLock('longer', version, later);
      await store.extendLock('longer', version, later);

      expect(await other.stat('longer')).toMatchObject({ lockedUntil: later });
      expect((await failureOf(other.deleteVersion('longer', version))).name).toBe('ObjectLocked');
    },
    mutants: {
      'does nothing': both(() => ({ extendLock: async () => undefined })),
      'refuses to do it twice': both((store) => ({
        extendLock: async (key, version, lockedUntil) => {
          if ((await store.stat(key))?.lockedUntil === lockedUntil)
            throw new HoldfastError('ObjectLocked', 'done before');
          await store.extendLock(key, version, lockedUntil);
        },
      })),
    },
  },
  {
    title: 'extendLock of an object without a lock - locked from then on',
    run: async (subject) => {
      const { store } = subject;
      const { version } = await put(store, 'unlocked-yet');

      await store.extendLock('unlocked-yet', version, inSeconds(subject, 60));

      expect((await failureOf(store.deleteVersion('unlocked-yet', version))).name).toBe('ObjectLocked');
    },
    mutants: {
      'lengthens existing locks only': both((store) => ({
        extendLock: async (key, version, lockedUntil) => {
          if ((await store.stat(key))?.lockedUntil !== undefined) await store.extendLock(key, version, lockedUntil);
        },
      })),
    },
  },
  {
    title: 'extendLock to an earlier date - refused, the date stays',
    run: async (subject) => {
      const { store } = subject;
      const lockedUntil = inSeconds(subject, 3600);
      const { version } = await put(store, 'shorter', 'x', { lockedUntil });

      const failure = await failureOf(store.extendLock('shorter', version, inSeconds(subject, 60)));

      expect(failure.name).toBe('ObjectLocked');
      expect(await store.stat('shorter')).toMatchObject({ lockedUntil });
    },
    mutants: {
      'ignores it in silence': both((store) => ({
        extendLock: (...all) => store.extendLock(...all).catch(() => undefined),
      })),
    },
  },
];

const deleting: readonly ContractCase<ObjectStoreSubject>[] = [
  {
    title: 'deleteVersion - removes that object and no other one',
    run: async ({ store, other }) => {
      const { version } = await put(store, 'a/b');
      for (const key of ['a', 'a/b/c', 'a/bc']) await put(store, key);

      await store.deleteVersion('a/b', version);

      expect(await keysOf(other, '')).toEqual(['a', 'a/b/c', 'a/bc']);
      expect((await failureOf(other.get('a/b'))).name).toBe('ObjectNotFound');
    },
    mutants: {
      'removes by prefix': both((store) => ({
        deleteVersion: async (key) => {
          for (const object of (await store.list(key)).objects) await store.deleteVersion(object.key, object.version);
        },
      })),
      'hides the object from lists only': both((store) => {
        const hidden = new Set<string>();
        return {
          deleteVersion: async (key) => void hidden.add(key),
          list: async (...all) => ({
            objects: (await store.list(...all)).objects.filter((object) => !hidden.has(object.key)),
          }),
        };
      }),
    },
  },
  {
    title: 'deleteVersion of a missing object - no error, so that a deletion can be resumed',
    run: async ({ store }) => {
      const { version } = await put(store, 'gone');
      await store.deleteVersion('gone', version);

      await store.deleteVersion('gone', version);
      await store.deleteVersion('never/was', version);

      expect(await store.stat('gone')).toBeUndefined();
    },
    mutants: {
      'throws instead': both((store) => ({
        deleteVersion: async (key, version) => {
          if ((await store.stat(key)) === undefined) throw new HoldfastError('ObjectNotFound', 'missing');
          await store.deleteVersion(key, version);
        },
      })),
    },
  },
  {
    title: 'deleteVersion of another version - the object stays',
    run: async ({ store }) => {
      await put(store, 'other-version');

      await store.deleteVersion('other-version', 'no-such-version');

      expect(await textOf(store, 'other-version')).toBe('other-version');
    },
    mutants: {
      'does not look at the version': both((store) => ({
        deleteVersion: async (key) => store.deleteVersion(key, (await store.stat(key))?.version ?? ''),
      })),
    },
  },
  {
    title: 'place - a country of two letters, or undefined when it cannot be told',
    run: async ({ store }) => {
      const place = await store.place();

      expect(place.country ?? 'XX').toMatch(/^[A-Z]{2}$/);
      expect([place.region, place.dataCenter, place.failureDomain].every((text) => text !== '')).toBe(true);
    },
    mutants: {
      'has an empty country': both((store) => ({ place: async () => ({ ...(await store.place()), country: '' }) })),
    },
  },
];

export const objectStoreCases: readonly ContractCase<ObjectStoreSubject>[] = [
  ...writing,
  ...reading,
  ...listing,
  ...locking,
  ...deleting,
];
