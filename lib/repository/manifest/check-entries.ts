// Proves that a manifest's entries agree with the packs: all content is pinned, lengths add up, one-chunk files have their hash.

import { pathText } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { ChunkCensus } from './chunk-census.ts';
import type { ManifestEntry } from './content-run.ts';
import { onlyChunkOf } from './content-run.ts';
import type { Manifest } from './manifest.ts';

/** @throws IntegrityViolation, UnsafePath, and what `onEntry` throws */
export async function checkEntries(manifest: Manifest, census: ChunkCensus, onEntry: () => void): Promise<void> {
  let sizeBytes = 0;
  for await (const entry of manifest.entries()) {
    onEntry();
    const problem = problemOf(entry, census);
    if (problem !== undefined) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to accept '${pathText(entry.path)}' of manifest '${manifest.key}': ${problem}`,
        { key: manifest.key },
      );
    }
    sizeBytes += entry.sizeBytes;
  }
  if (sizeBytes !== manifest.trailer.sizeBytes) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to accept manifest '${manifest.key}': its sizes do not add up`,
      { key: manifest.key },
    );
  }
}

function problemOf(entry: ManifestEntry, census: ChunkCensus): string | undefined {
  if (entry.kind !== 'file')
    return entry.content.length > 0 || entry.sizeBytes > 0 ? 'only files have content' : undefined;
  if (entry.sha256 === undefined) return 'it has no hash';
  const dataBytes = dataBytesOf(entry);
  if (dataBytes === undefined) return 'its data ranges leave the file';
  const content = measure(entry, census);
  if (!content.isPinned) return 'it names content that no pack holds';
  if (content.bytes !== undefined && content.bytes !== dataBytes) return 'its length is not that of its content';
  const chunk = onlyChunkOf(entry);
  const isRight = chunk === undefined || census.mayBeContent(chunk.attempt, chunk.firstChunk, entry.sha256);
  return isRight ? undefined : 'its hash is not that of its content';
}

/** Bytes are undefined when a pack was not read this time. */
function measure(entry: ManifestEntry, census: ChunkCensus): { isPinned: boolean; bytes: number | undefined } {
  let bytes: number | undefined = 0;
  for (const run of entry.content) {
    for (let chunk = run.firstChunk; chunk < run.firstChunk + run.chunks; chunk++) {
      if (!census.isPinned(run.attempt, chunk)) return { isPinned: false, bytes };
      const length = census.lengthOf(run.attempt, chunk);
      bytes = length === undefined || bytes === undefined ? undefined : bytes + length;
    }
  }
  return { isPinned: true, bytes };
}

/** Undefined when a range ends past the file. */
function dataBytesOf(entry: ManifestEntry): number | undefined {
  if (entry.dataRanges === undefined) return entry.sizeBytes;
  let bytes = 0;
  for (const [offset, length] of entry.dataRanges) {
    if (offset + length > entry.sizeBytes) return undefined;
    bytes += length;
  }
  return bytes;
}
