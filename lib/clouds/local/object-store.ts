// An object store in a directory: every object is a directory of its own, filled and synced under another name and published by one
// rename, which never replaces an object. Several processes may use one location at once; no crash shows half an object.

import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import { isoNow } from '../../ports/clock.ts';
import type { IdSource } from '../../ports/id-source.ts';
import type {
  ByteRange,
  ObjectStore,
  ObjectStoreCapabilities,
  PlaceOfStore,
  PutOptions,
  StoredObject,
} from '../../ports/object-store.ts';
import type { DurableFiles } from './durable-files.ts';
import { codeOf, makeDirectories, nodeFiles } from './durable-files.ts';
import type { ObjectOnDisk } from './object-facts.ts';
import { BYTES_NAME, instantOf, readObjectFacts, writeLock, writeObjectDraft } from './object-facts.ts';
import { listObjects, namesIn } from './object-listing.ts';
import { componentsOfKey, directoryName, objectName } from './object-paths.ts';
import { MARKER_NAME, readPlaceMarker, UNKNOWN_PLACE } from './place-marker.ts';

const OBJECTS = 'objects';
/** Drafts of objects being written and objects being removed; what a crash leaves there is swept by age. */
const INCOMING = 'incoming';
const OUTGOING = 'outgoing';
const TIER = 'standard';

export interface DirectoryStoreOptions {
  readonly name: string;
  readonly path: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly files?: DurableFiles;
}

export class DirectoryObjectStore implements ObjectStore {
  readonly name: string;
  readonly capabilities: ObjectStoreCapabilities = {
    hasConditionalPut: true,
    hasVersions: true,
    // Kept against every caller of this adapter; whoever has a shell on the machine can go around it.
    lockModes: ['governance'],
    tiers: [TIER],
  };
  readonly #path: string;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #files: DurableFiles;
  /** Directories this process has made durable. */
  readonly #known = new Set<string>();

  constructor(options: DirectoryStoreOptions) {
    this.name = options.name;
    this.#path = options.path;
    this.#clock = options.clock;
    this.#ids = options.ids;
    this.#files = options.files ?? nodeFiles;
  }

  async place(): Promise<PlaceOfStore> {
    return this.#translated(
      'read the place of',
      undefined,
      async () => (await readPlaceMarker(this.#path, this.#files)) ?? UNKNOWN_PLACE,
    );
  }

  async put(key: string, parts: readonly Uint8Array[], options: PutOptions): Promise<StoredObject> {
    const target = this.#directoryOf(key);
    const object = this.#describe(key, parts, options);
    return this.#translated('write', key, async () => {
      await this.#assertPresent();
      if ((await this.#files.stat(target)) !== undefined) throw await this.#exists(key, target);
      await this.#publish(object, parts, target);
      // Until here the object may vanish in a crash; only from here on may the caller rely on it.
      await this.#files.syncDirectory(dirname(target));
      return object;
    });
  }

  async get(key: string, options: { readonly version?: string; readonly range?: ByteRange } = {}): Promise<Buffer> {
    const directory = this.#directoryOf(key);
    return this.#translated('read', key, async () => {
      const object = await this.#read(directory, key, options.version);
      if (object === undefined)
        throw new HoldfastError('ObjectNotFound', `unable to read object '${key}'`, this.#facts(key));
      // Without a range the written length is asked for, not the one on the disk: a file that was cut must not look whole.
      const range = options.range ?? { offset: 0, length: object.writtenBytes };
      assertRange(range);
      const bytes = await this.#files.read(join(directory, BYTES_NAME), range);
      if (bytes.length === range.length) return bytes;
      throw new HoldfastError('ObjectCorrupted', `unable to read object '${key}': it ends before the range does`, {
        ...this.#facts(key),
        ...range,
        sizeBytes: object.sizeBytes,
      });
    });
  }

  async stat(key: string, version?: string): Promise<StoredObject | undefined> {
    const directory = this.#directoryOf(key);
    return this.#translated('stat', key, async () => {
      const object = await this.#read(directory, key, version);
      return object && told(object);
    });
  }

  async list(
    prefix: string,
    options: { readonly after?: string; readonly limit?: number } = {},
  ): Promise<{ readonly objects: readonly StoredObject[]; readonly next?: string }> {
    return this.#translated('list', prefix, async () => {
      const page = await listObjects(this.#files, { root: join(this.#path, OBJECTS), prefix, ...options });
      if (page.objects.length === 0) await this.#assertPresent();
      return { ...page, objects: page.objects.map(told) };
    });
  }

  async extendLock(key: string, version: string, lockedUntil: string): Promise<void> {
    const directory = this.#directoryOf(key);
    const instant = instantOf(lockedUntil);
    await this.#translated('lock', key, async () => {
      const object = await this.#read(directory, key, version);
      if (object === undefined) throw this.#missing(key, version);
      if (object.lockedUntil !== undefined && instantOf(object.lockedUntil) > instant) {
        throw new HoldfastError('ObjectLocked', `unable to shorten the lock of object '${key}'`, {
          ...this.#facts(key),
          lockedUntil: object.lockedUntil,
        });
      }
      await writeLock(this.#files, directory, lockedUntil);
      // A deletion may have begun before the lock was there. It looks at the locks again after it took the object away; so
      // either it sees this one and puts the object back, or the object is gone already and nobody may believe in the lock.
      if ((await this.#read(directory, key, version)) === undefined) throw this.#missing(key, version);
    });
  }

  async deleteVersion(key: string, version: string): Promise<void> {
    const directory = this.#directoryOf(key);
    await this.#translated('delete', key, async () => {
      const object = await this.#read(directory, key, version);
      if (object === undefined) return;
      this.#assertUnlocked(object);
      const outgoing = await makeDirectories(this.#files, this.#path, [OUTGOING], this.#known);
      const doomed = join(outgoing, this.#ids.next('del'));
      await this.#files.rename(directory, doomed);
      const taken = await readObjectFacts(this.#files, doomed, key);
      if (taken !== undefined && (taken.version !== version || this.#isLocked(taken))) {
        await this.#files.rename(doomed, directory);
        await this.#files.syncDirectory(dirname(directory));
        this.#assertUnlocked(taken);
        return;
      }
      // Both ends of the rename: the object may not come back after "deleted" was answered.
      await this.#files.syncDirectory(outgoing);
      await this.#files.syncDirectory(dirname(directory));
      await this.#files.remove(doomed);
    });
  }

  /**
   * Removes what killed writers and deleters left behind. A draft of a writer that lives after all makes its put fail with
   * `StorageUnavailable`, never a wrong object; so the age is a courtesy and no promise rests on it.
   */
  async sweep(olderThanMilliseconds: number): Promise<number> {
    return this.#translated('sweep', undefined, async () => {
      let swept = 0;
      for (const directory of [join(this.#path, INCOMING), join(this.#path, OUTGOING)]) {
        for (const name of await namesIn(this.#files, directory)) {
          const facts = await this.#files.stat(join(directory, name));
          if (facts === undefined || this.#clock.now() - facts.modifiedAtMs < olderThanMilliseconds) continue;
          await this.#files.remove(join(directory, name));
          swept += 1;
        }
      }
      return swept;
    });
  }

  #describe(key: string, parts: readonly Uint8Array[], options: PutOptions): StoredObject {
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
    const tier = options.tier ?? TIER;
    const facts = { ...this.#facts(key), sizeBytes };
    if (sizeBytes > LIMITS.objectBytesMax)
      throw new HoldfastError('InvalidRequest', `unable to write object '${key}': it is too large`, facts);
    if (tier !== TIER)
      throw new HoldfastError(
        'CapabilityUnsupported',
        `unable to write object '${key}': a directory has no tier '${tier}'`,
        facts,
      );
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    const sha256 = hash.digest('hex');
    if (sha256 !== options.sha256) {
      throw new HoldfastError(
        'ObjectCorrupted',
        `unable to write object '${key}': its bytes do not have the given hash`,
        facts,
      );
    }
    const lock =
      options.lockedUntil === undefined ? {} : { lockedUntil: new Date(instantOf(options.lockedUntil)).toISOString() };
    return { key, version: this.#ids.next('ver'), sizeBytes, sha256, storedAt: isoNow(this.#clock), tier, ...lock };
  }

  async #publish(object: StoredObject, parts: readonly Uint8Array[], target: string): Promise<void> {
    const { key, ...facts } = object;
    const draft = join(await makeDirectories(this.#files, this.#path, [INCOMING], this.#known), object.version);
    try {
      await writeObjectDraft(this.#files, draft, facts, parts);
      await makeDirectories(
        this.#files,
        this.#path,
        [OBJECTS, ...componentsOfKey(key).slice(0, -1).map(directoryName)],
        this.#known,
      );
      // The commit. A directory that is not empty is never replaced, so of several writers exactly one succeeds.
      await this.#files.rename(draft, target);
    } catch (error) {
      // What cannot be removed now (the disk may be gone) is swept later; the first error is the one that matters.
      await this.#files.remove(draft).catch(() => undefined);
      // A directory may have been removed from outside; the next try makes it again.
      this.#known.clear();
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') throw await this.#exists(key, target);
      throw error;
    }
  }

  /** "It exists" must be as true after a crash: its writer may have been killed between rename and sync. */
  async #exists(key: string, target: string): Promise<HoldfastError> {
    await this.#files.syncDirectory(dirname(target));
    return new HoldfastError('ObjectExists', `unable to write object '${key}': the key exists`, this.#facts(key));
  }

  async #read(directory: string, key: string, version: string | undefined): Promise<ObjectOnDisk | undefined> {
    const object = await readObjectFacts(this.#files, directory, key);
    if (object === undefined) await this.#assertPresent();
    return version === undefined || object?.version === version ? object : undefined;
  }

  /** A disk that is not mounted holds nothing either; that is no reason to call its objects missing. */
  async #assertPresent(): Promise<void> {
    if ((await this.#files.stat(join(this.#path, MARKER_NAME))) !== undefined) return;
    throw new HoldfastError(
      'StorageUnavailable',
      `unable to use location '${this.name}': '${this.#path}' has no ${MARKER_NAME}; mount its disk, or run "holdfast init" if it is new`,
      { location: this.name, path: this.#path },
    );
  }

  #isLocked(object: StoredObject): boolean {
    return object.lockedUntil !== undefined && instantOf(object.lockedUntil) > this.#clock.now();
  }

  #assertUnlocked(object: StoredObject): void {
    if (!this.#isLocked(object)) return;
    throw new HoldfastError('ObjectLocked', `unable to delete object '${object.key}'`, {
      ...this.#facts(object.key),
      lockedUntil: object.lockedUntil,
    });
  }

  #missing(key: string, version: string): HoldfastError {
    return new HoldfastError(
      'ObjectNotFound',
      `unable to find version '${version}' of object '${key}'`,
      this.#facts(key),
    );
  }

  #directoryOf(key: string): string {
    const components = componentsOfKey(key);
    return join(
      this.#path,
      OBJECTS,
      ...components.slice(0, -1).map(directoryName),
      objectName(components.at(-1) ?? ''),
    );
  }

  #facts(key: string | undefined): { readonly location: string; readonly key?: string } {
    return key === undefined ? { location: this.name } : { location: this.name, key };
  }

  /** The one place where errors of the file system become ours. */
  async #translated<T>(action: string, key: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      const code = codeOf(error) ?? 'unknown';
      const refused = READS.has(action) ? 'StorageUnavailable' : 'StorageReadOnly';
      const name = FULL.has(code) ? 'StorageFull' : REFUSED.has(code) ? refused : 'StorageUnavailable';
      const what = key === undefined ? `location '${this.name}'` : `object '${key}'`;
      throw new HoldfastError(
        name,
        `unable to ${action} ${what}: ${code}`,
        { ...this.#facts(key), code },
        { cause: error },
      );
    }
  }
}

const told = ({ writtenBytes: _, ...object }: ObjectOnDisk): StoredObject => object;

const READS: ReadonlySet<string> = new Set(['read', 'stat', 'list', 'read the place of']);
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const REFUSED: ReadonlySet<string> = new Set(['EROFS', 'EACCES', 'EPERM']);

function assertRange({ offset, length }: ByteRange): void {
  if (isWhole(offset) && isWhole(length) && length <= LIMITS.objectBytesMax) return;
  const message = 'unable to read a range of an object: offset and length must be whole and in bounds';
  throw new HoldfastError('InvalidRequest', message, { offset, length });
}

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
