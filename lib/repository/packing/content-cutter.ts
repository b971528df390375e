// Cuts one file after the other into chunks inside the chunker's window, hashes them, and keeps only those not stored yet.

import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

import { invariant } from '../../domain/errors.ts';
import type { ChunkIdentifier } from '../chunking/chunk-id.ts';
import { digestOf } from '../chunking/chunk-id.ts';
import type { GearChunker } from '../chunking/gear-chunker.ts';
import type { ContentRun } from '../manifest/content-run.ts';
import { addToRuns } from '../manifest/content-run.ts';
import type { AttemptChunks } from './attempt-chunks.ts';
import type { SegmentPipeline } from './segment-pipeline.ts';

export interface CutContent {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly runs: readonly ContentRun[];
  /** Set when a hole was skipped. */
  readonly dataRanges: readonly (readonly [number, number])[] | undefined;
}

export interface ContentCutterOptions {
  readonly chunker: GearChunker;
  readonly window: { readonly offset: number; readonly length: number };
  readonly identifier: ChunkIdentifier;
  readonly chunks: AttemptChunks;
  readonly pipeline: SegmentPipeline;
}

const ZEROS = Buffer.alloc(256 * 1024);

export class ContentCutter {
  readonly #options: ContentCutterOptions;
  readonly #window: Buffer;
  /** Bytes [#start, #end) of the window wait to be cut; those before #hashed are in the file's hash already. */
  #start = 0;
  #end = 0;
  #hashed = 0;
  /** Made when a file turns out to have more than one chunk, or a hole: until then the chunk's own digest is the file's. */
  #fileHash: Hash | undefined;
  #onlyDigest: Buffer | undefined;
  #runs: { attempt: string; firstChunk: number; chunks: number }[] = [];
  #logicalBytes = 0;
  #ranges: [number, number][] = [];
  #hasHoles = false;

  constructor(options: ContentCutterOptions) {
    this.#options = options;
    const { offset, length } = options.window;
    invariant(length >= 2 * options.chunker.sizes.max, 'the window holds two of the largest chunks');
    this.#window = options.chunker.memory.subarray(offset, offset + length);
  }

  begin(): void {
    this.#start = 0;
    this.#end = 0;
    this.#hashed = 0;
    this.#fileHash = undefined;
    this.#onlyDigest = undefined;
    this.#runs = [];
    this.#logicalBytes = 0;
    this.#ranges = [];
    this.#hasHoles = false;
  }

  /** Free part of the window. */
  reserve(): Buffer {
    // What waits is always less than one chunk here, so moving it is cheap and leaves at least half of the window.
    if (this.#end > this.#window.length / 2) this.#moveToFront();
    return this.#window.subarray(this.#end);
  }

  commit(length: number): Promise<void> | undefined {
    invariant(
      Number.isInteger(length) && length >= 0 && this.#end + length <= this.#window.length,
      'no more is committed than was reserved',
    );
    if (length === 0) return undefined;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last[0] + last[1] === this.#logicalBytes) last[1] += length;
    else this.#ranges.push([this.#logicalBytes, length]);
    this.#end += length;
    this.#logicalBytes += length;
    return this.#cut(this.#options.chunker.sizes.max);
  }

  /** A hole is hashed as the zeros it reads as, and stored as nothing. */
  skip(length: number): void {
    invariant(Number.isSafeInteger(length) && length >= 0, 'a hole has a length');
    if (length === 0) return;
    this.#hasHoles = true;
    this.#hashUpTo(this.#end);
    for (let rest = length; rest > 0; rest -= ZEROS.length)
      this.#hashOfFile().update(rest < ZEROS.length ? ZEROS.subarray(0, rest) : ZEROS);
    this.#logicalBytes += length;
  }

  async finish(): Promise<CutContent> {
    await this.#cut(1);
    const isOneChunk = this.#fileHash === undefined;
    const digest = isOneChunk ? (this.#onlyDigest ?? digestOf(Buffer.alloc(0))) : this.#hashOfFile().digest();
    return {
      sizeBytes: this.#logicalBytes,
      sha256: digest.toString('hex'),
      runs: this.#runs,
      dataRanges: this.#hasHoles ? this.#ranges : undefined,
    };
  }

  /** Cuts while at least `least` bytes wait. Runs without a promise as long as there is room: small files cost no microtask. */
  #cut(least: number): Promise<void> | undefined {
    while (this.#end - this.#start >= least) {
      const wait = this.#options.pipeline.room();
      if (wait !== undefined) return wait.then(() => this.#cut(least));
      const length = this.#options.chunker.cut(this.#options.window.offset + this.#start, this.#end - this.#start);
      const isWholeFile = this.#runs.length === 0 && least === 1 && this.#start + length === this.#end;
      this.#place(length, isWholeFile);
    }
    return undefined;
  }

  #place(length: number, isWholeFile: boolean): void {
    const { identifier, chunks, pipeline } = this.#options;
    const chunk = this.#window.subarray(this.#start, this.#start + length);
    if (!isWholeFile || this.#fileHash !== undefined) this.#hashUpTo(this.#start + length);
    const digest = digestOf(chunk);
    if (this.#fileHash === undefined) this.#onlyDigest = digest;
    const place = chunks.place(identifier.idOf(digest), length);
    if (place.isNew) pipeline.add(chunk);
    addToRuns(this.#runs, place.attempt, place.chunk);
    this.#start += length;
  }

  #hashUpTo(end: number): void {
    if (end <= this.#hashed) return;
    this.#hashOfFile().update(this.#window.subarray(this.#hashed, end));
    this.#hashed = end;
  }

  #hashOfFile(): Hash {
    return (this.#fileHash ??= createHash('sha256'));
  }

  #moveToFront(): void {
    this.#window.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#hashed = Math.max(0, this.#hashed - this.#start);
    this.#start = 0;
  }
}
