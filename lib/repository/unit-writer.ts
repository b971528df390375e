// Writes one dump unit into the repository: chunks, packs, index, manifest, in this order, and nothing is visible before seal().

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ObjectPin, UnitFacts, UnitResult } from '../domain/backup-record.ts';
import type { EntryMeta, StoredEntry } from '../domain/entry.ts';
import { HoldfastError, invariant } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { StorePolicy } from '../domain/store-policy.ts';
import type { ContentWriter, DumpSink } from '../ports/engine.ts';
import type { ChunkSizes, Chunking } from './chunking/chunk-sizes.ts';
import { CHUNK_SIZES } from './chunking/chunk-sizes.ts';
import { buildIndex } from './index/index-object.ts';
import type { ManifestEntry } from './manifest/content-run.ts';
import { ManifestWriter } from './manifest/manifest-writer.ts';
import { objectKeys } from './object-keys.ts';
import type { ContentCutter } from './packing/content-cutter.ts';
import type { DataPath } from './packing/data-path.ts';
import { openDataPath } from './packing/data-path.ts';
import type { PackPin } from './packing/pack-pin.ts';
import type { RepositoryContext } from './repository-context.ts';
import { REPOSITORY_LIMITS } from './repository-limits.ts';
import type { DataKey } from './sealing/data-key.ts';
import { createDataKey } from './sealing/data-key.ts';
import type { BuiltObject } from './sealing/sealed-object-builder.ts';
import { putOnce } from './stored-objects.ts';
import type { UnitHistory } from './unit-history.ts';
import { loadHistory } from './unit-history.ts';

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
  const { length } = Buffer.from(options.unit);
  invariant(length > 0 && length <= REPOSITORY_LIMITS.nameBytesMax, 'the name of a unit fits into its manifest');
  const history = await loadHistory(options);
  // Last, so that a writer that could not begin leaves nothing; before any pack, so that no pack is ever unreadable.
  const dataKey = await createDataKey(options.context, history.repository.id, options.attempt);
  return new RepositoryUnitWriter(options, history, dataKey);
}

class RepositoryUnitWriter implements UnitWriter {
  readonly #options: UnitWriterOptions;
  readonly #history: UnitHistory;
  readonly #dataKey: DataKey;
  readonly #path: DataPath;
  readonly #manifest: ManifestWriter;
  #reusedBytes = 0;
  #calls = 0;
  #openFile: FileContentWriter | undefined;
  #isEnded = false;

  constructor(options: UnitWriterOptions, history: UnitHistory, dataKey: DataKey) {
    this.#options = options;
    this.#history = history;
    this.#dataKey = dataKey;
    const { context, compression, limits = {} } = options;
    const { repository, chunks, ledger } = history;
    this.#path = openDataPath({
      context,
      repository,
      dataKey,
      chunks,
      compression,
      chunkSizes: limits.chunkSizes ?? CHUNK_SIZES[options.chunking ?? 'files'],
      segmentBytes: limits.segmentBytes ?? LIMITS.segmentBytes,
      packBytes: limits.packBytes ?? LIMITS.packBytes,
    });
    this.#manifest = new ManifestWriter({
      key: objectKeys.manifest(context.storeName, options.attempt),
      unit: options.unit,
      dataKey,
      ids: context.ids,
      repositorySecret: repository.bytes,
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
    this.#assertNoOpenFile();
    invariant(entry.kind === 'file', 'only files have content');
    this.#path.cutter.begin();
    this.#openFile = new FileContentWriter(this.#path.cutter, entry, async (stored) => {
      this.#openFile = undefined;
      this.#manifest.add(stored);
      await this.#takeTurn();
    });
    return this.#openFile;
  }

  async previous(path: Buffer): Promise<StoredEntry | undefined> {
    await this.#takeTurn();
    return this.#history.cursor?.find(path);
  }

  async reuse(entry: EntryMeta): Promise<void> {
    await this.#takeTurn();
    const before = await this.#history.cursor?.find(entry.path);
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
    this.#assertNoOpenFile();
    this.#isEnded = true;
    const { chunks } = this.#history;
    const { pipeline, packs } = this.#path;
    // Bytes first, then what refers to them: a reader that finds a manifest finds all it needs.
    await pipeline.finish();
    await packs.finish();
    const { pins } = packs;
    invariant(pins.reduce((sum, pin) => sum + pin.chunks, 0) === chunks.ownChunks, 'every new chunk lies in a pack');
    const index = await this.#put(this.#buildIndex(pins));
    const whole = { ...facts, warnings: [...facts.warnings, ...this.#history.warnings] };
    const manifest = await this.#put(this.#manifest.finish(whole, pins));
    this.#forget();
    return this.#result(whole, { index, manifest }, pins);
  }

  async abandon(): Promise<void> {
    this.#isEnded = true;
    this.#openFile = undefined;
    await this.#path.pipeline.settle();
    await this.#path.packs.settle();
    this.#forget();
  }

  #buildIndex(pins: readonly PackPin[]): BuiltObject {
    const { context, attempt } = this.#options;
    const idsOf = (firstChunk: number, count: number): Buffer => this.#history.chunks.ownIds(firstChunk, count);
    const key = objectKeys.index(context.storeName, attempt);
    return buildIndex({ key, dataKey: this.#dataKey, ids: context.ids, pins, idsOf });
  }

  #result(facts: UnitFacts, stored: { index: ObjectPin; manifest: ObjectPin }, pins: readonly PackPin[]): UnitResult {
    const { index, manifest } = stored;
    const { chunks, ledger } = this.#history;
    return {
      unit: this.#options.unit,
      attempt: this.#options.attempt,
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

  /** Secrets that were only needed to write. The data key itself is a key object, whose memory Node does not show. */
  #forget(): void {
    this.#path.identifier.forget();
    this.#history.repository.bytes.fill(0);
  }

  #put(built: BuiltObject): Promise<ObjectPin> {
    return putOnce(this.#options.context, built.key, built.parts, built.sha256);
  }

  #assertWritable(): void {
    invariant(!this.#isEnded, 'a sealed or abandoned unit takes nothing more');
  }

  #assertNoOpenFile(): void {
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
