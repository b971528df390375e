// The trailer of a pack: its segments, and for every chunk its length and id. With it one chunk can be read without the rest.

import { CHUNK_ID_BYTES } from '../chunking/chunk-id.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { Compression, SectionFacts } from '../sealing/object-cipher.ts';
import { COMPRESSIONS, SECTION_OVERHEAD_BYTES } from '../sealing/object-cipher.ts';
import type { SealedObject } from '../sealing/sealed-object.ts';
import { compressionOf } from '../sealing/sealed-object.ts';

export interface SegmentRow {
  readonly offset: number;
  readonly length: number;
  readonly rawLength: number;
  readonly compression: Compression;
  /** Ordinal inside the pack of its first chunk. */
  readonly firstChunk: number;
  readonly chunks: number;
}

export interface PackTable {
  readonly segments: readonly SegmentRow[];
  readonly chunks: number;
  /** Per chunk of the pack: where it begins inside its raw segment, and how long it is. */
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  readonly ids: Buffer;
}

export type NewSegment = Omit<SegmentRow, 'offset' | 'firstChunk' | 'chunks'> & {
  readonly chunkLengths: readonly number[];
};

export function encodePackTable(segments: readonly NewSegment[], ids: Buffer): Buffer {
  const writer = new ByteWriter(ids.length + 64 * 1024);
  writer.varint(segments.length);
  for (const segment of segments) {
    writer
      .varint(segment.length)
      .varint(segment.rawLength)
      .u8(COMPRESSIONS[segment.compression])
      .varint(segment.chunkLengths.length);
    for (const length of segment.chunkLengths) writer.varint(length);
  }
  return writer.bytes(ids).copy();
}

/** The segments must fill the object from header to trailer, their chunks the segments. @throws IntegrityViolation */
export function decodePackTable(object: SealedObject): PackTable {
  const reader = new ByteReader(object.trailer, object.key);
  const count = reader.varint(object.trailer.length);
  if (count !== object.sections) throw reader.malformed('its segments were not counted right');
  const segments: SegmentRow[] = [];
  const lengths: number[] = [];
  const offsets: number[] = [];
  let offset = object.body.offset;
  for (let i = 0; i < count; i++) {
    const length = reader.varint(REPOSITORY_LIMITS.packBytesMax);
    const rawLength = reader.varint(REPOSITORY_LIMITS.segmentBytesMax);
    const compression = compressionOf(reader.u8(), object.key);
    const chunks = reader.varint(REPOSITORY_LIMITS.segmentChunksMax);
    segments.push({ offset, length, rawLength, compression, firstChunk: lengths.length, chunks });
    offset += length;
    if (length < SECTION_OVERHEAD_BYTES || offset > object.body.end)
      throw reader.malformed('a segment leaves the pack');
    if (readChunkLengths(reader, chunks, lengths, offsets) !== rawLength)
      throw reader.malformed('chunks do not fill their segment');
  }
  if (offset !== object.body.end) throw reader.malformed('segments do not fill the pack');
  const ids = reader.bytes(lengths.length * CHUNK_ID_BYTES);
  reader.end();
  return {
    segments,
    chunks: lengths.length,
    offsets: Uint32Array.from(offsets),
    lengths: Uint32Array.from(lengths),
    ids,
  };
}

function readChunkLengths(reader: ByteReader, count: number, lengths: number[], offsets: number[]): number {
  let rawLength = 0;
  for (let i = 0; i < count; i++) {
    const length = reader.varint(REPOSITORY_LIMITS.segmentBytesMax);
    if (length === 0) throw reader.malformed('a chunk is empty');
    offsets.push(rawLength);
    lengths.push(length);
    rawLength += length;
  }
  return rawLength;
}

export const segmentFacts = (
  segment: Pick<SegmentRow, 'rawLength' | 'compression'>,
  position: number,
): SectionFacts => ({
  section: 'segment',
  position,
  rawLength: segment.rawLength,
  compression: segment.compression,
});

/** The segment that holds a chunk of the pack, by binary search. */
export function segmentOfChunk(table: PackTable, chunk: number): number {
  let low = 0;
  let high = table.segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (table.segments[middle]!.firstChunk <= chunk) low = middle;
    else high = middle - 1;
  }
  return low;
}

export const idOfChunk = (table: PackTable, chunk: number): Buffer =>
  table.ids.subarray(chunk * CHUNK_ID_BYTES, (chunk + 1) * CHUNK_ID_BYTES);
