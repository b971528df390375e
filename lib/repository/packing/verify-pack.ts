// Reads one whole pack and proves every byte of it: the pin over all, each seal, each raw length, each chunk id.

import { HoldfastError } from '../../domain/errors.ts';
import type { ChunkIdentifier } from '../chunking/chunk-id.ts';
import { digestOf } from '../chunking/chunk-id.ts';
import { objectKeys } from '../object-keys.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { releaseBuffer } from '../release-buffer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { DataKey } from '../sealing/data-key.ts';
import { bufferSource, openSealedObject } from '../sealing/sealed-object.ts';
import { readPinned } from '../stored-objects.ts';
import type { PackPin } from './pack-pin.ts';
import type { PackTable } from './pack-table.ts';
import { decodePackTable, idOfChunk, segmentFacts } from './pack-table.ts';

/** Gets every chunk that was proven, by its number in the attempt; the content is valid during the call. */
type OnChunk = (chunk: number, content: Buffer) => void;

/** @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported */
export async function verifyPack(
  context: RepositoryContext,
  dataKey: DataKey,
  pin: PackPin,
  identifier: ChunkIdentifier,
  onChunk?: OnChunk,
): Promise<PackTable> {
  const key = objectKeys.pack(context.storeName, pin.attempt, pin.number);
  const { sizeBytes, sha256 } = pin;
  const bytes = await readPinned(context, { key, sizeBytes, sha256 }, REPOSITORY_LIMITS.packBytesMax);
  const object = await openSealedObject(bufferSource(key, bytes), { kind: 'pack', number: pin.number, key }, dataKey);
  const table = decodePackTable(object);
  if (table.chunks !== pin.chunks) throw unlike(context, key, 'it holds other chunks than its manifest says');
  // The next segment is decompressed in the pool while this one is hashed here.
  const load = (number: number): Promise<Buffer> | undefined => {
    const segment = table.segments[number];
    return segment && object.readSection(segmentFacts(segment, number), segment.offset, segment.length);
  };
  let next = load(0);
  for (let number = 0; next !== undefined; number++) {
    const raw = await next;
    next = load(number + 1);
    // Awaited by the next turn of the loop; until then a failure must not count as unhandled.
    next?.catch(() => undefined);
    const wrong = firstWrongChunk(raw, table, number, identifier);
    if (wrong !== undefined) throw unlike(context, key, `chunk ${String(wrong)} is not what was backed up`);
    if (onChunk !== undefined)
      tellChunks(raw, table, number, (ordinal, content) => onChunk(pin.firstChunk + ordinal, content));
    releaseBuffer(raw);
  }
  return table;
}

function tellChunks(raw: Buffer, table: PackTable, number: number, onChunk: OnChunk): void {
  const { firstChunk, chunks } = table.segments[number]!;
  for (let chunk = firstChunk; chunk < firstChunk + chunks; chunk++) {
    const offset = table.offsets[chunk]!;
    onChunk(chunk, raw.subarray(offset, offset + table.lengths[chunk]!));
  }
}

function firstWrongChunk(
  raw: Buffer,
  table: PackTable,
  number: number,
  identifier: ChunkIdentifier,
): number | undefined {
  const { firstChunk, chunks } = table.segments[number]!;
  for (let chunk = firstChunk; chunk < firstChunk + chunks; chunk++) {
    const offset = table.offsets[chunk]!;
    const digest = digestOf(raw.subarray(offset, offset + table.lengths[chunk]!));
    if (!identifier.idOf(digest).equals(idOfChunk(table, chunk))) return chunk;
  }
  return undefined;
}

function unlike(context: RepositoryContext, key: string, reason: string): HoldfastError {
  return new HoldfastError('IntegrityViolation', `unable to accept pack '${key}': ${reason}`, {
    location: context.location.name,
    key,
  });
}
