// Reads single chunks out of stored packs: pack tables and decoded segments are kept for a while, the next segment is fetched ahead.

import { HoldfastError } from '../../domain/errors.ts';
import type { ChunkIdentifier } from '../chunking/chunk-id.ts';
import { digestOf } from '../chunking/chunk-id.ts';
import { objectKeys } from '../object-keys.ts';
import { RecentlyUsed } from '../recently-used.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import type { SealedObject } from '../sealing/sealed-object.ts';
import { openSealedObject, storedSource } from '../sealing/sealed-object.ts';
import type { PackPin } from './pack-pin.ts';
import type { PackTable } from './pack-table.ts';
import { decodePackTable, idOfChunk, segmentFacts, segmentOfChunk } from './pack-table.ts';

interface OpenPack {
  readonly object: SealedObject;
  readonly table: PackTable;
}

export interface ReadChunk {
  readonly content: Buffer;
  /** SHA-256 of the content. */
  readonly digest: Buffer;
}

export class PackReader {
  readonly #context: RepositoryContext;
  readonly #keys: KeyRing;
  readonly #identifier: ChunkIdentifier;
  readonly #packs = new RecentlyUsed<string, Promise<OpenPack>>(REPOSITORY_LIMITS.packTablesCached);
  readonly #segments = new RecentlyUsed<string, Promise<Buffer>>(REPOSITORY_LIMITS.segmentsCached);
  #lastSegment = '';

  constructor(options: {
    readonly context: RepositoryContext;
    readonly keys: KeyRing;
    readonly identifier: ChunkIdentifier;
  }) {
    this.#context = options.context;
    this.#keys = options.keys;
    this.#identifier = options.identifier;
  }

  /**
   * A chunk by its number in the attempt; `pin` is the pack that holds it.
   *
   * @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported, KeyUnwrapFailed, KeyUnavailable
   */
  async read(pin: PackPin, chunk: number): Promise<ReadChunk> {
    const { object, table } = await this.#pack(pin);
    const ordinal = chunk - pin.firstChunk;
    const number = segmentOfChunk(table, ordinal);
    const raw = await this.#segment(object, table, number);
    const offset = table.offsets[ordinal]!;
    const content = raw.subarray(offset, offset + table.lengths[ordinal]!);
    const digest = digestOf(content);
    if (!this.#identifier.idOf(digest).equals(idOfChunk(table, ordinal))) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to read chunk ${String(ordinal)} of pack '${object.key}': its content is not what was backed up`,
        {
          location: this.#context.location.name,
          key: object.key,
        },
      );
    }
    return { content, digest };
  }

  #pack(pin: PackPin): Promise<OpenPack> {
    const key = objectKeys.pack(this.#context.storeName, pin.attempt, pin.number);
    return keep(this.#packs, key, () => this.#openPack(pin, key));
  }

  async #openPack(pin: PackPin, key: string): Promise<OpenPack> {
    const source = await storedSource(this.#context, { key, sizeBytes: pin.sizeBytes });
    const object = await openSealedObject(
      source,
      { kind: 'pack', number: pin.number, key },
      await this.#keys.of(pin.attempt),
    );
    const table = decodePackTable(object);
    if (table.chunks !== pin.chunks) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to open pack '${key}': it holds other chunks than its manifest says`,
        { key },
      );
    }
    return { object, table };
  }

  /** Reading goes mostly forward, so the next segment is on its way while this one is used. */
  async #segment(object: SealedObject, table: PackTable, number: number): Promise<Buffer> {
    const raw = await this.#load(object, table, number);
    const name = `${object.key}#${String(number)}`;
    const isForward = this.#lastSegment === `${object.key}#${String(number - 1)}`;
    if (name !== this.#lastSegment && (isForward || number === 0) && number + 1 < table.segments.length) {
      // Its failure shows when it is needed, if it ever is.
      this.#load(object, table, number + 1).catch(() => undefined);
    }
    this.#lastSegment = name;
    return raw;
  }

  #load(object: SealedObject, table: PackTable, number: number): Promise<Buffer> {
    const segment = table.segments[number]!;
    return keep(this.#segments, `${object.key}#${String(number)}`, () =>
      object.readSection(segmentFacts(segment, number), segment.offset, segment.length),
    );
  }
}

/** Failures are not kept: the store may answer next time. */
function keep<Value>(
  cache: RecentlyUsed<string, Promise<Value>>,
  key: string,
  load: () => Promise<Value>,
): Promise<Value> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const loading = load();
  cache.set(key, loading);
  loading.catch(() => cache.delete(key));
  return loading;
}
