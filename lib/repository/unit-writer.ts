// Writes one dump unit into the repository: chunks, packs, index, manifest, in this order, and nothing is visible before seal().

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ObjectPin, UnitFacts, UnitResult } from '../domain/backup-record.ts';
import type { EntryMeta, StoredEntry } from '../domain/entry.ts';
import { HoldfastError, invariant } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { StorePolicy } from '../domain/store-policy.ts';
import type { ContentWriter, DumpSink } from '../ports/engine.ts';
import { ChunkIdentifier } from './chunking/chunk-id.ts';
import type { ChunkSizes, Chunking } from './chunking/chunk-sizes.ts';
import { CHUNK_SIZES } from './chunking/chunk-sizes.ts';
import { GearChunker } from './chunking/gear-chunker.ts';
import { buildIndex, openIndex } from './index/index-object.ts';
import type { OpenRepository } from './initialise.ts';
import { ensureRepository } from './initialise.ts';
import type { ManifestEntry } from './manifest/content-run.ts';
import { openManifest } from './manifest/manifest.ts';
import { ManifestCursor } from './manifest/manifest-cursor.ts';
import { ManifestWriter } from './manifest/manifest-writer.ts';
import { PackLedger } from './manifest/pack-ledger.ts';
import { objectKeys } from './object-keys.ts';
import { AttemptChunks } from './packing/attempt-chunks.ts';
import { ContentCutter } from './packing/content-cutter.ts';
import { PackWriter } from './packing/pack-writer.ts';
import { SegmentPipeline } from './packing/segment-pipeline.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import type { DataKey } from './sealing/data-key.ts';
import { createDataKey } from './sealing/data-key.ts';
import { KeyRing } from './sealing/key-ring.ts';
import type { BuiltObject } from './sealing/sealed-object-builder.ts';
import { putOnce } from './stored-objects.ts';

export interface UnitWriter extends DumpSink {
  /** Makes everything durable and returns what pins it. To be called once, after the dump was proven complete. */
  seal(facts: UnitFacts): Promise<UnitResult>;
  /** Waits for what is under way and lets go of everything; what was uploaded stays as an orphan for the collector. */
  abandon(): Promise<void>;
}

export interface UnitWriterOptions {
  readonly context: RepositoryContext;
  /** Used once: a second try of the same work is another attempt. */
  readonly attempt: string;
  readonly unit: string;
  readonly compression: StorePolicy['compression'];
  /** Larger chunks for file trees, smaller ones for dumps; must stay the same for a unit, or nothing is found again. */
  readonly chunking?: Chunking;
  /** The same unit of the previous completed backup. */
  readonly previous?: UnitResult;
  /** Indexes of completed backups to deduplicate against. */
  readonly indexes: readonly { readonly attempt: string; readonly pin: ObjectPin }[];
  readonly onProgress?: DumpSink['progress'];
  /** Smaller ones let a test have many packs of few bytes. */
  readonly limits?: { readonly packBytes?: number; readonly segmentBytes?: number; readonly chunkSizes?: ChunkSizes };
}

/** @throws KeyUnwrapFailed, KeyUnavailable, CopyMissing, IntegrityViolation, RepositoryFormatUnsupported, InvalidRequest */
export async function createUnitWriter(options: UnitWriterOptions): Promise<UnitWriter> {
  const { context, attempt, previous } = options;
  const repository = await ensureRepository(context);
  const keys = new KeyRing(context, repository.id);
  const chunks = new AttemptChunks(attempt);
  const ledger = new PackLedger(attempt);
  for (const { attempt: earlier, pin } of options.indexes) {
    const index = await openIndex(context, keys, earlier, pin);
    ledger.learn(earlier, index.pins);
    for await (const { firstChunk, ids } of index.sections()) chunks.learn(earlier, firstChunk, ids);
  }
  let cursor: ManifestCursor | undefined;
  if (previous !== undefined) {
    const manifest = await openManifest(context, keys, previous);
    for (const { attempt: earlier, packs } of manifest.trailer.attempts) ledger.learn(earlier, packs);
    cursor = new ManifestCursor(manifest);
  }
  // Last, so that a writer that could not begin leaves nothing; before any pack, so that no pack is ever unreadable.
  const dataKey = await createDataKey(context, repository.id, attempt);
  return new RepositoryUnitWriter(options, { repository, dataKey, chunks, ledger, cursor });
}

interface Opened {
  readonly repository: OpenRepository;
  readonly dataKey: DataKey;
  readonly chunks: AttemptChunks;
  readonly ledger: PackLedger;
  readonly cursor: ManifestCursor | undefined;
}

class RepositoryUnitWriter implements UnitWriter {
  readonly #options: UnitWriterOptions;
  readonly #opened: Opened;
  readonly #packs: PackWriter;
  readonly #pipeline: SegmentPipeline;
  readonly #cutter: ContentCutter;
  readonly #manifest: ManifestWriter;
  #reusedBytes = 0;
  #calls = 0;
  #openFile: FileContentWriter | undefined;
  #isEnded = false;

  constructor(options: UnitWriterOptions, opened: Opened) {
    this.#options = options;
    this.#opened = opened;
    const { context, attempt, unit, limits = {} } = options;
    const { repository, dataKey, chunks, ledger } = opened;
    const sizes = limits.chunkSizes ?? CHUNK_SIZES[options.chunking ?? 'files'];
    const segmentBytes = limits.segmentBytes ?? LIMITS.segmentBytes;
    const window = { offset: 0, length: Math.max(4 * sizes.max, 64 * 1024) };
    const slotBytes = segmentBytes + sizes.max;
    const slots = LIMITS.segmentsInFlight + 1;
    const chunker = new GearChunker({
      table: repository.gearTable,
      sizes,
      memoryBytes: window.length + slots * slotBytes,
    });
    const slotAt = (slot: number): Buffer =>
      chunker.memory.subarray(window.length + slot * slotBytes, window.length + (slot + 1) * slotBytes);
    this.#packs = new PackWriter({
      context,
      dataKey,
      packBytes: limits.packBytes ?? LIMITS.packBytes,
      segmentBytesMax: slotBytes,
      idsOf: (firstChunk, count) => chunks.ownIds(firstChunk, count),
    });
    this.#pipeline = new SegmentPipeline({
      slots: Array.from({ length: slots }, (_, slot) => slotAt(slot)),
      segmentBytes,
      compression: options.compression,
      packs: this.#packs,
    });
    const identifier = new ChunkIdentifier(repository.chunkIdKey);
    this.#cutter = new ContentCutter({ chunker, window, identifier, chunks, pipeline: this.#pipeline });
    this.#manifest = new ManifestWriter({
      key: objectKeys.manifest(context.storeName, attempt),
      unit,
      dataKey,
      ids: context.ids,
      chunkIdKey: repository.chunkIdKey,
      ledger,
    });
  }

  async add(entry: EntryMeta): Promise<void> {
    await this.#takeTurn();
    invariant(entry.kind !== 'file', 'a file has content: use open');
    this.#manifest.add({ ...entry, sizeBytes: 0, content: [] });
  }

  open(entry: EntryMeta): ContentWriter {
    this.#assertWritable();
    invariant(entry.kind === 'file', 'only files have content');
    this.#cutter.begin();
    this.#openFile = new FileContentWriter(this.#cutter, entry, async (stored) => {
      this.#openFile = undefined;
      this.#manifest.add(stored);
      await this.#takeTurn();
    });
    return this.#openFile;
  }

  async previous(path: Buffer): Promise<StoredEntry | undefined> {
    await this.#takeTurn();
    return this.#opened.cursor?.find(path);
  }

  async reuse(entry: EntryMeta): Promise<void> {
    await this.#takeTurn();
    const before = await this.#opened.cursor?.find(entry.path);
    if (before?.kind !== 'file' || entry.kind !== 'file') {
      throw new HoldfastError('Internal', 'invariant broken: only a file of the previous point is reused');
    }
    const { sizeBytes, sha256, content, dataRanges } = before;
    const { dataRanges: _ignored, ...meta } = entry;
    const ranges = dataRanges === undefined ? {} : { dataRanges };
    this.#manifest.add({ ...meta, ...ranges, sizeBytes, ...(sha256 === undefined ? {} : { sha256 }), content });
    this.#reusedBytes += dataBytes(before);
  }

  progress(done: Parameters<DumpSink['progress']>[0]): void {
    this.#options.onProgress?.(done);
  }

  async seal(facts: UnitFacts): Promise<UnitResult> {
    this.#assertWritable();
    this.#isEnded = true;
    const { context, attempt, unit } = this.#options;
    const { chunks, ledger, dataKey } = this.#opened;
    // Bytes first, then what refers to them: a reader that finds a manifest finds all it needs.
    await this.#pipeline.finish();
    await this.#packs.finish();
    const { pins } = this.#packs;
    invariant(pins.reduce((sum, pin) => sum + pin.chunks, 0) === chunks.ownChunks, 'every new chunk lies in a pack');
    const idsOf = (firstChunk: number, count: number): Buffer => chunks.ownIds(firstChunk, count);
    const index = await this.#put(
      buildIndex({ key: objectKeys.index(context.storeName, attempt), dataKey, ids: context.ids, pins, idsOf }),
    );
    const manifest = await this.#put(this.#manifest.finish(facts, pins));
    return {
      unit,
      attempt,
      manifest,
      index,
      packs: pins.length,
      sizeBytes: this.#manifest.sizeBytes,
      storedBytes: pins.reduce((sum, pin) => sum + pin.sizeBytes, 0) + index.sizeBytes + manifest.sizeBytes,
      reusedBytes: chunks.reusedBytes + this.#reusedBytes,
      entries: this.#manifest.entries,
      needsAttempts: ledger
        .needed(pins)
        .slice(1)
        .map((needed) => needed.attempt),
      facts,
    };
  }

  async abandon(): Promise<void> {
    this.#isEnded = true;
    this.#openFile = undefined;
    await this.#pipeline.settle();
    await this.#packs.settle();
  }

  #put(built: BuiltObject): Promise<ObjectPin> {
    return putOnce(this.#options.context, built.key, built.parts, built.sha256);
  }

  #assertWritable(): void {
    invariant(!this.#isEnded, 'a sealed or abandoned unit takes nothing more');
    invariant(this.#openFile === undefined, 'one file is written at a time');
  }

  /** Callers with synchronous sources never leave the microtask queue; heartbeats need a real turn now and then. */
  async #takeTurn(): Promise<void> {
    this.#assertWritable();
    this.#calls += 1;
    if (this.#calls % REPOSITORY_LIMITS.entriesPerTurn === 0) await nextTurn();
  }
}

type CloseFile = (entry: ManifestEntry) => Promise<void>;

/** The writer of the one open file. */
class FileContentWriter implements ContentWriter {
  readonly #cutter: ContentCutter;
  readonly #entry: EntryMeta;
  readonly #onClose: CloseFile;
  #isClosed = false;

  constructor(cutter: ContentCutter, entry: EntryMeta, onClose: CloseFile) {
    this.#cutter = cutter;
    this.#entry = entry;
    this.#onClose = onClose;
  }

  reserve(): Uint8Array {
    this.#assertOpen();
    return this.#cutter.reserve();
  }

  commit(length: number): Promise<void> | undefined {
    this.#assertOpen();
    return this.#cutter.commit(length);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const room = this.reserve();
      const length = Math.min(room.length, bytes.length - written);
      room.set(bytes.subarray(written, written + length));
      await this.commit(length);
      written += length;
    }
  }

  async skip(length: number): Promise<void> {
    this.#assertOpen();
    this.#cutter.skip(length);
  }

  async close(patch: Partial<EntryMeta> = {}): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
    this.#assertOpen();
    this.#isClosed = true;
    const { sizeBytes, sha256, runs, dataRanges } = await this.#cutter.finish();
    // Ranges follow from what was written and skipped; what the caller says of them could only contradict.
    const { dataRanges: _ignored, ...meta } = { ...this.#entry, ...patch };
    const ranges = dataRanges === undefined ? {} : { dataRanges };
    await this.#onClose({ ...meta, ...ranges, kind: 'file', sizeBytes, sha256, content: runs });
    return { sizeBytes, sha256 };
  }

  #assertOpen(): void {
    invariant(!this.#isClosed, 'a closed file takes no content');
  }
}

const dataBytes = (entry: StoredEntry): number =>
  entry.dataRanges === undefined ? entry.sizeBytes : entry.dataRanges.reduce((sum, [, length]) => sum + length, 0);
