// The trailer of a manifest: what the unit is, which packs it needs, and where each block lies. Everything a restore has to know.

import type { UnitFacts } from '../../domain/backup-record.ts';
import { comparePaths } from '../../domain/entry.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { parseJsonObject } from '../encoding/plain-document.ts';
import type { PackPin } from '../packing/pack-pin.ts';
import { readPackPins, writePackPins } from '../packing/pack-pin.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import { REPOSITORY_SECRET_BYTES } from '../repository-secret.ts';
import type { SectionFacts } from '../sealing/object-cipher.ts';
import { COMPRESSIONS, SECTION_OVERHEAD_BYTES } from '../sealing/object-cipher.ts';
import type { SealedObject } from '../sealing/sealed-object.ts';
import { compressionOf } from '../sealing/sealed-object.ts';
import type { BlockRow } from './block-series.ts';

const HASH_BYTES = 32;

export interface NeededAttempt {
  readonly attempt: string;
  readonly packs: readonly PackPin[];
}

export interface ManifestTrailer {
  readonly unit: string;
  readonly facts: UnitFacts;
  /** Lets a reader recompute chunk ids, and a writer bring back a lost repository object, without any other object. */
  readonly repositorySecret: Buffer;
  /** Entries and content bytes of the whole unit. */
  readonly entries: number;
  readonly sizeBytes: number;
  /** The attempt that wrote the manifest comes first. */
  readonly attempts: readonly NeededAttempt[];
  readonly blocks: readonly BlockRow[];
  readonly merkleRoot: Buffer;
}

export function encodeManifestTrailer(trailer: ManifestTrailer): Buffer {
  const writer = new ByteWriter(64 * 1024);
  writer
    .text(trailer.unit)
    .sized(Buffer.from(JSON.stringify(trailer.facts)))
    .bytes(trailer.repositorySecret);
  writer.varint(trailer.entries).varint(trailer.sizeBytes);
  writer.varint(trailer.attempts.length);
  for (const { attempt, packs } of trailer.attempts) {
    writer.text(attempt);
    writePackPins(writer, packs);
  }
  writer.varint(trailer.blocks.length);
  for (const block of trailer.blocks) {
    writer
      .varint(block.length)
      .varint(block.rawLength)
      .u8(COMPRESSIONS[block.compression])
      .varint(block.entries)
      .sized(block.firstPath);
  }
  return writer.bytes(trailer.merkleRoot).copy();
}

/** Blocks must fill the object from header to trailer, in path order. @throws IntegrityViolation */
export function decodeManifestTrailer(object: SealedObject): ManifestTrailer {
  const reader = new ByteReader(object.trailer, object.key);
  const unit = reader.text(REPOSITORY_LIMITS.nameBytesMax);
  const facts = parseFacts(reader, object.key);
  const repositorySecret = Buffer.from(reader.bytes(REPOSITORY_SECRET_BYTES));
  const entries = reader.varint();
  const sizeBytes = reader.varint();
  const attempts = Array.from({ length: reader.varint(REPOSITORY_LIMITS.attemptsMax) }, () => {
    const attempt = reader.text(REPOSITORY_LIMITS.nameBytesMax);
    return { attempt, packs: readPackPins(reader, attempt) };
  });
  const blocks = readBlocks(reader, object);
  const merkleRoot = Buffer.from(reader.bytes(HASH_BYTES));
  reader.end();
  if (blocks.reduce((sum, block) => sum + block.entries, 0) !== entries)
    throw reader.malformed('its entries were not counted right');
  return { unit, facts, repositorySecret, entries, sizeBytes, attempts, blocks, merkleRoot };
}

function readBlocks(reader: ByteReader, object: SealedObject): BlockRow[] {
  const count = reader.varint(object.trailer.length);
  if (count !== object.sections) throw reader.malformed('its blocks were not counted right');
  const blocks: BlockRow[] = [];
  let offset = object.body.offset;
  for (let i = 0; i < count; i++) {
    const length = reader.varint(REPOSITORY_LIMITS.blockBytesMax);
    const rawLength = reader.varint(REPOSITORY_LIMITS.blockBytesMax);
    const compression = compressionOf(reader.u8(), object.key);
    const entries = reader.varint();
    const firstPath = Buffer.from(reader.sized(LIMITS.pathBytesMax));
    const previous = blocks.at(-1);
    if (
      length < SECTION_OVERHEAD_BYTES ||
      (previous !== undefined && comparePaths(previous.firstPath, firstPath) >= 0)
    ) {
      throw reader.malformed('its blocks are not in order');
    }
    blocks.push({ length, rawLength, compression, entries, firstPath });
    offset += length;
  }
  if (offset !== object.body.end) throw reader.malformed('blocks do not fill the manifest');
  return blocks;
}

/** Authenticated, so written by a Holdfast; the shape is looked at all the same, because a later one may have had other ideas. */
function parseFacts(reader: ByteReader, key: string): UnitFacts {
  const facts = parseJsonObject(reader.sized(REPOSITORY_LIMITS.trailerBytesMax), key);
  const { sourceVersion, warnings, details } = facts;
  if (
    typeof sourceVersion !== 'string' ||
    !Array.isArray(warnings) ||
    details === null ||
    typeof details !== 'object'
  ) {
    throw reader.malformed('the facts of the unit are not legible');
  }
  return facts as unknown as UnitFacts;
}

export const blockFacts = (block: BlockRow, position: number): SectionFacts => ({
  section: 'block',
  position,
  rawLength: block.rawLength,
  compression: block.compression,
});
