// An object store in memory that keeps every obligation of the port, with hooks that let a test fail or watch any operation.

import { createHash } from 'node:crypto';

import { HoldfastError } from '../../lib/domain/errors.ts';
import type { ByteRange, ObjectStore, PlaceOfStore, StoredObject } from '../../lib/ports/object-store.ts';
import { fixedClock } from './fixed-clock.ts';
import type { Clock } from '../../lib/ports/clock.ts';

export type StoreOperation = 'put' | 'get' | 'stat' | 'list' | 'extendLock' | 'deleteVersion';

export interface MemoryStoreOptions {
  readonly clock?: Clock;
  readonly place?: Partial<PlaceOfStore>;
  readonly hasConditionalPut?: boolean;
  /** Runs first; what it throws is the answer, and nothing has happened. */
  readonly before?: (operation: StoreOperation, key: string) => void | Promise<void>;
  /** Runs when the work is done; what it throws is the answer, but the work stays: a lost reply. */
  readonly after?: (operation: StoreOperation, key: string) => void | Promise<void>;
}

export interface MemoryObjectStore extends ObjectStore {
  /** Hooks may be changed at any time. */
  before: MemoryStoreOptions['before'] | undefined;
  after: MemoryStoreOptions['after'] | undefined;
  /** Keys with an object, in order. */
  keys(): readonly string[];
  /** The stored bytes themselves, for looking. @throws ObjectNotFound */
  bytes(key: string): Buffer;
  /** Replaces the bytes behind everybody's back, as a bad disk or an attacker would; the stored facts follow the new bytes. */
  tamper(key: string, change: (bytes: Buffer) => Buffer): void;
  /** Takes an object away behind everybody's back. */
  lose(key: string): void;
  /** Each operation that was asked for, with its key. */
  readonly log: readonly { readonly operation: StoreOperation; readonly key: string }[];
}

interface Version {
  bytes: Buffer;
  object: StoredObject;
}

const PAGE_MAX = 1000;

export function memoryObjectStore(name = 'memory', options: MemoryStoreOptions = {}): MemoryObjectStore {
  const clock = options.clock ?? fixedClock();
  const objects = new Map<string, Version>();
  const log: { operation: StoreOperation; key: string }[] = [];
  let written = 0;

  const operate = async <T>(operation: StoreOperation, key: string, work: () => T): Promise<T> => {
    log.push({ operation, key });
    await store.before?.(operation, key);
    const answer = work();
    await store.after?.(operation, key);
    return answer;
  };
  const find = (key: string, version?: string): Version | undefined => {
    const found = objects.get(key);
    return found === undefined || (version !== undefined && found.object.version !== version) ? undefined : found;
  };
  const demand = (key: string, version?: string): Version => {
    const found = find(key, version);
    if (found === undefined)
      throw new HoldfastError('ObjectNotFound', `unable to read object '${key}'`, { location: name, key });
    return found;
  };

  const store: MemoryObjectStore = {
    name,
    capabilities: {
      hasConditionalPut: options.hasConditionalPut ?? true,
      hasVersions: true,
      lockModes: ['governance', 'compliance'],
      tiers: ['standard'],
    },
    before: options.before,
    after: options.after,
    log,
    keys: () => [...objects.keys()].sort(),
    bytes: (key) => Buffer.from(demand(key).bytes),
    tamper: (key, change) => {
      const found = demand(key);
      const bytes = change(Buffer.from(found.bytes));
      objects.set(key, { bytes, object: { ...found.object, sizeBytes: bytes.length, sha256: sha256Of([bytes]) } });
    },
    lose: (key) => {
      objects.delete(key);
    },
    place: async () => ({ country: 'RU', region: 'memory', dataCenter: name, failureDomain: name, ...options.place }),
    put: (key, parts, put) =>
      operate('put', key, () => {
        if (objects.has(key))
          throw new HoldfastError('ObjectExists', `unable to put object '${key}'`, { location: name, key });
        const bytes = Buffer.concat(parts);
        const sha256 = sha256Of([bytes]);
        if (sha256 !== put.sha256)
          throw new HoldfastError('ObjectCorrupted', `unable to put object '${key}'`, { location: name, key });
        written += 1;
        const object: StoredObject = {
          key,
          version: `v${String(written)}`,
          sizeBytes: bytes.length,
          sha256,
          storedAt: new Date(clock.now()).toISOString(),
          tier: put.tier ?? 'standard',
          ...(put.lockedUntil === undefined ? {} : { lockedUntil: put.lockedUntil }),
        };
        objects.set(key, { bytes, object });
        return object;
      }),
    get: (key, get = {}) => operate('get', key, () => slice(name, key, demand(key, get.version).bytes, get.range)),
    stat: (key, version) => operate('stat', key, () => find(key, version)?.object),
    list: (prefix, list = {}) =>
      operate('list', prefix, () => {
        const keys = store.keys().filter((key) => key.startsWith(prefix) && key > (list.after ?? ''));
        const page = keys.slice(0, Math.min(list.limit ?? PAGE_MAX, PAGE_MAX));
        const last = page.at(-1);
        const found = page.map((key) => demand(key).object);
        return keys.length > page.length && last !== undefined ? { objects: found, next: last } : { objects: found };
      }),
    extendLock: (key, version, lockedUntil) =>
      operate('extendLock', key, () => {
        const found = demand(key, version);
        if (found.object.lockedUntil !== undefined && found.object.lockedUntil > lockedUntil) {
          throw new HoldfastError('ObjectLocked', `unable to shorten the lock of object '${key}'`, {
            location: name,
            key,
          });
        }
        found.object = { ...found.object, lockedUntil };
      }),
    deleteVersion: (key, version) =>
      operate('deleteVersion', key, () => {
        const found = find(key, version);
        if (found?.object.lockedUntil !== undefined && Date.parse(found.object.lockedUntil) > clock.now()) {
          throw new HoldfastError('ObjectLocked', `unable to delete object '${key}'`, { location: name, key });
        }
        if (found !== undefined) objects.delete(key);
      }),
  };
  return store;
}

function slice(location: string, key: string, bytes: Buffer, range: ByteRange | undefined): Buffer {
  if (range === undefined) return Buffer.from(bytes);
  if (range.offset < 0 || range.length < 0 || range.offset + range.length > bytes.length) {
    throw new HoldfastError('ObjectCorrupted', `unable to read a range of object '${key}'`, { location, key });
  }
  return Buffer.from(bytes.subarray(range.offset, range.offset + range.length));
}

function sha256Of(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
