// Puts the data path of one attempt together: window, chunker, segment slots, packs, all sized once and reused to the end.

import { LIMITS } from '../../domain/limits.ts';
import { ChunkIdentifier } from '../chunking/chunk-id.ts';
import type { ChunkSizes } from '../chunking/chunk-sizes.ts';
import { GearChunker } from '../chunking/gear-chunker.ts';
import type { RepositoryContext } from '../repository-context.ts';
import type { RepositorySecret } from '../repository-secret.ts';
import { chunkIdKeyOf, gearTableOf } from '../repository-secret.ts';
import type { CompressionChoice } from '../sealing/compression.ts';
import type { DataKey } from '../sealing/data-key.ts';
import type { AttemptChunks } from './attempt-chunks.ts';
import { ContentCutter } from './content-cutter.ts';
import { PackWriter } from './pack-writer.ts';
import { SegmentPipeline } from './segment-pipeline.ts';

/** Four of the largest chunks: a read fills at least half of it, and what waits for its end is moved seldom. */
const WINDOW_CHUNKS = 4;
const WINDOW_BYTES_MIN = 64 * 1024;

export interface DataPathOptions {
  readonly context: RepositoryContext;
  readonly repository: RepositorySecret;
  readonly dataKey: DataKey;
  readonly chunks: AttemptChunks;
  readonly compression: CompressionChoice;
  readonly chunkSizes: ChunkSizes;
  readonly segmentBytes: number;
  readonly packBytes: number;
}

export interface DataPath {
  readonly cutter: ContentCutter;
  readonly pipeline: SegmentPipeline;
  readonly packs: PackWriter;
  readonly identifier: ChunkIdentifier;
}

export function openDataPath(options: DataPathOptions): DataPath {
  const { context, repository, dataKey, chunks, compression, chunkSizes, segmentBytes, packBytes } = options;
  const windowBytes = Math.max(WINDOW_CHUNKS * chunkSizes.max, WINDOW_BYTES_MIN);
  // A segment is closed by the chunk that fills it, so it may be longer by one chunk.
  const slotBytes = segmentBytes + chunkSizes.max;
  const slots = LIMITS.segmentsInFlight + 1;
  const chunker = new GearChunker({
    table: gearTableOf(repository),
    sizes: chunkSizes,
    memoryBytes: windowBytes + slots * slotBytes,
  });
  const slotAt = (slot: number): Buffer =>
    chunker.memory.subarray(windowBytes + slot * slotBytes, windowBytes + (slot + 1) * slotBytes);
  const packs = new PackWriter({
    context,
    dataKey,
    packBytes,
    segmentBytesMax: slotBytes,
    idsOf: (firstChunk, count) => chunks.ownIds(firstChunk, count),
  });
  const pipeline = new SegmentPipeline({
    slots: Array.from({ length: slots }, (_, slot) => slotAt(slot)),
    segmentBytes,
    compression,
    packs,
  });
  const identifier = new ChunkIdentifier(chunkIdKeyOf(repository));
  const window = { offset: 0, length: windowBytes };
  return { cutter: new ContentCutter({ chunker, window, identifier, chunks, pipeline }), pipeline, packs, identifier };
}
