// Fills packs with sealed segments in order and uploads each by one put. At most two packs are in memory: one filling, one leaving.

import { invariant } from '../../domain/errors.ts';
import { objectKeys } from '../object-keys.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { DataKey } from '../sealing/data-key.ts';
import type { Compression } from '../sealing/object-cipher.ts';
import type { BuiltObject, PlacedSection } from '../sealing/sealed-object-builder.ts';
import { SealedObjectBuilder } from '../sealing/sealed-object-builder.ts';
import { putOnce } from '../stored-objects.ts';
import type { PackPin } from './pack-pin.ts';
import type { NewSegment } from './pack-table.ts';
import { encodePackTable } from './pack-table.ts';

export interface CompressedSegment {
  readonly rawLength: number;
  readonly compression: Compression;
  readonly payload: Buffer;
  readonly chunkLengths: readonly number[];
}

interface OpenPack {
  readonly builder: SealedObjectBuilder;
  readonly storage: Buffer;
  readonly number: number;
  readonly firstChunk: number;
  readonly segments: NewSegment[];
  readonly checks: Promise<void>[];
  chunks: number;
}

/** What one chunk costs in the trailer: its id and its length. */
const TRAILER_BYTES_PER_CHUNK = 35;

/** Header, footer, seals, and the trailer rows of one last segment of the smallest chunks. */
const TRAILER_RESERVE_BYTES = REPOSITORY_LIMITS.segmentChunksMax * TRAILER_BYTES_PER_CHUNK + 64 * 1024;

export interface PackWriterOptions {
  readonly context: RepositoryContext;
  readonly dataKey: DataKey;
  /** A pack is closed when it has reached this size. */
  readonly packBytes: number;
  /** The largest raw segment there will be. */
  readonly segmentBytesMax: number;
  /** Ids of the attempt's chunks by number. */
  readonly idsOf: (firstChunk: number, count: number) => Buffer;
}

export class PackWriter {
  readonly pins: PackPin[] = [];
  readonly #options: PackWriterOptions;
  /** Memory of packs that have left, for those to come: two in all, instead of a new one for the garbage collector each time. */
  readonly #storages: Buffer[] = [];
  #pack: OpenPack | undefined;
  #uploading: Promise<void> = Promise.resolve();
  #packs = 0;
  #chunks = 0;

  constructor(options: PackWriterOptions) {
    this.#options = options;
  }

  /**
   * Seals a segment into the current pack. `check` reads the sealed bytes back; the pack is not uploaded before all checks passed.
   * Resolves when the next segment may come: at once, or when the pack was full and an earlier one has left.
   */
  async append(segment: CompressedSegment, check: (reopened: () => Buffer) => Promise<void>): Promise<void> {
    const pack = (this.#pack ??= this.#begin());
    const { rawLength, compression, chunkLengths } = segment;
    const facts = { section: 'segment', position: pack.segments.length, rawLength, compression } as const;
    const placed: PlacedSection = pack.builder.append(facts, segment.payload);
    pack.segments.push({ length: placed.length, rawLength, compression, chunkLengths });
    pack.chunks += chunkLengths.length;
    this.#chunks += chunkLengths.length;
    const checked = check(() => pack.builder.reopen(placed));
    // The upload awaits it; until then a failure must not count as unhandled.
    checked.catch(() => undefined);
    pack.checks.push(checked);
    if (pack.builder.sizeBytes + pack.chunks * TRAILER_BYTES_PER_CHUNK >= this.#options.packBytes)
      await this.#close(pack);
  }

  /** Uploads what is left. When it resolves, every pack is durable. */
  async finish(): Promise<void> {
    if (this.#pack !== undefined) await this.#close(this.#pack);
    await this.#uploading;
    this.#storages.length = 0;
  }

  /** Waits until nothing is under way any more; throws nothing. */
  async settle(): Promise<void> {
    await this.#uploading.catch(() => undefined);
  }

  #begin(): OpenPack {
    const { context, dataKey, packBytes, segmentBytesMax } = this.#options;
    const storage = this.#storages.pop() ?? Buffer.allocUnsafeSlow(packBytes + segmentBytesMax + TRAILER_RESERVE_BYTES);
    const number = this.#packs;
    this.#packs += 1;
    const key = objectKeys.pack(context.storeName, dataKey.attempt, number);
    const builder = new SealedObjectBuilder({ kind: 'pack', number, key }, dataKey, context.ids, storage);
    return { builder, storage, number, firstChunk: this.#chunks, segments: [], checks: [], chunks: 0 };
  }

  async #close(pack: OpenPack): Promise<void> {
    this.#pack = undefined;
    await this.#uploading;
    this.#uploading = this.#upload(pack);
    // Awaited by the next close or by finish.
    this.#uploading.catch(() => undefined);
  }

  async #upload(pack: OpenPack): Promise<void> {
    await Promise.all(pack.checks);
    const ids = this.#options.idsOf(pack.firstChunk, pack.chunks);
    const built: BuiltObject = pack.builder.finish(encodePackTable(pack.segments, ids));
    const { key, sizeBytes, sha256 } = built;
    const pin = await putOnce(this.#options.context, key, built.parts, sha256);
    // The port keeps no parts, so what was sent may be written over.
    this.#storages.push(pack.storage);
    invariant(pin.sizeBytes === sizeBytes, 'a pack is as large as its parts');
    const { number, firstChunk, chunks } = pack;
    this.pins.push({ attempt: this.#options.dataKey.attempt, number, sizeBytes, sha256, firstChunk, chunks });
  }
}
