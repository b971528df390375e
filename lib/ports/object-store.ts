// The object store port: one storage location (a bucket, a directory). Objects are written once and read by key and version.

/** Differences between stores are data, checked while planning. */
export interface ObjectStoreCapabilities {
  /** A put with `ifAbsent` is atomic against concurrent writers. Required for repositories. */
  readonly hasConditionalPut: boolean;
  readonly hasVersions: boolean;
  /** Retention locks the store enforces against its own users. */
  readonly lockModes: readonly ('governance' | 'compliance')[];
  readonly tiers: readonly string[];
}

export interface StoredObject {
  readonly key: string;
  /** Never empty; two writes of one key have different versions. */
  readonly version: string;
  readonly sizeBytes: number;
  /** SHA-256 of the bytes as the store keeps it, hex. */
  readonly sha256: string;
  readonly storedAt: string;
  readonly tier: string;
  readonly lockedUntil?: string;
}

/** Where a location really is, told by the store or its endpoint table, never by our policy. */
export interface PlaceOfStore {
  /** ISO 3166 alpha-2; undefined when it cannot be told: compliance takes that as unknown. */
  readonly country: string | undefined;
  readonly region: string;
  readonly dataCenter: string;
  readonly failureDomain: string;
}

export interface PutOptions {
  /** SHA-256 the caller computed over the same bytes, hex; the store refuses a difference with `ObjectCorrupted`. */
  readonly sha256: string;
  readonly lockedUntil?: string;
  readonly tier?: string;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ObjectStore {
  readonly name: string;
  readonly capabilities: ObjectStoreCapabilities;

  place(): Promise<PlaceOfStore>;

  /**
   * Writes a new object from consecutive parts. When it returns, the object is durable and visible whole; before that nobody sees
   * anything of it. Never overwrites: a key that exists gives `ObjectExists` (with the same bytes too; the caller decides).
   * A call whose answer was lost may have written. Parts are not changed and not kept.
   * @throws ObjectExists, ObjectCorrupted, StorageFull, StorageReadOnly, StorageUnavailable
   */
  put(key: string, parts: readonly Uint8Array[], options: PutOptions): Promise<StoredObject>;

  /**
   * Reads the whole object or a range. A range that ends past the object is `ObjectCorrupted`, never a short answer.
   * Does not verify hashes: the caller owns integrity.
   * @throws ObjectNotFound, ObjectCorrupted, StorageUnavailable
   */
  get(key: string, options?: { readonly version?: string; readonly range?: ByteRange }): Promise<Buffer>;

  /** Facts of the newest or the given version; undefined when missing. Cheap: reads no content. */
  stat(key: string, version?: string): Promise<StoredObject | undefined>;

  /** Newest versions under a prefix in key order, one page. Sees every object whose put has returned. */
  list(
    prefix: string,
    options?: { readonly after?: string; readonly limit?: number },
  ): Promise<{
    readonly objects: readonly StoredObject[];
    readonly next?: string;
  }>;

  /** Lengthens a retention lock; shortening is `ObjectLocked`. Idempotent. */
  extendLock(key: string, version: string, lockedUntil: string): Promise<void>;

  /**
   * Removes exactly one version. Locked: `ObjectLocked`. Missing: not an error, so that a deletion can be resumed.
   * No slice calls this before the deletion protocol of DESIGN 5 is built; an architecture test holds that.
   */
  deleteVersion(key: string, version: string): Promise<void>;
}
