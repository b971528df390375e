// Reads a unit of a recovery point: its manifest and the packs that the manifest pins are all it needs. No index, no catalog.

import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

import type { UnitFacts } from '../domain/backup-record.ts';
import type { StoredEntry } from '../domain/entry.ts';
import { pathText } from '../domain/entry.ts';
import { HoldfastError } from '../domain/errors.ts';
import type { PointReader } from '../ports/engine.ts';
import { ChunkIdentifier } from './chunking/chunk-id.ts';
import type { ContentRun, ManifestEntry } from './manifest/content-run.ts';
import { onlyChunkOf } from './manifest/content-run.ts';
import type { Manifest, UnitPin } from './manifest/manifest.ts';
import { openManifest } from './manifest/manifest.ts';
import type { PackPin } from './packing/pack-pin.ts';
import { packOfChunk } from './packing/pack-pin.ts';
import type { ReadChunk } from './packing/pack-reader.ts';
import { PackReader } from './packing/pack-reader.ts';
import type { RepositoryContext } from './repository-context.ts';
import { chunkIdKeyOf } from './repository-secret.ts';
import { KeyRing } from './sealing/key-ring.ts';

/** @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported, KeyUnwrapFailed, KeyUnavailable */
export async function openUnit(context: RepositoryContext, unit: UnitPin): Promise<PointReader> {
  const keys = new KeyRing(context);
  const manifest = await openManifest(context, keys, unit);
  const identifier = new ChunkIdentifier(chunkIdKeyOf(manifest.secret));
  return new RepositoryPointReader(manifest, new PackReader({ context, keys, identifier }));
}

const ZEROS = Buffer.alloc(256 * 1024);

class RepositoryPointReader implements PointReader {
  readonly unit: string;
  readonly facts: UnitFacts;
  readonly #manifest: Manifest;
  readonly #packs: PackReader;
  readonly #pins: ReadonlyMap<string, readonly PackPin[]>;

  constructor(manifest: Manifest, packs: PackReader) {
    this.#manifest = manifest;
    this.#packs = packs;
    this.unit = manifest.trailer.unit;
    this.facts = manifest.trailer.facts;
    this.#pins = new Map(manifest.trailer.attempts.map((needed) => [needed.attempt, needed.packs]));
  }

  entries(): AsyncIterable<StoredEntry> {
    return this.#manifest.entries();
  }

  /** Pieces are views that must not be changed. The last one is given out only when the hash of the whole file was right. */
  async *read(entry: StoredEntry): AsyncGenerator<Uint8Array> {
    const stored = await this.#storedForm(entry);
    if (stored.sizeBytes === 0) return;
    const ranges = stored.dataRanges ?? [[0, stored.sizeBytes] as const];
    const pieces = withHoles(this.#chunks(stored), ranges, stored);
    const hash = onlyChunkOf(stored) !== undefined ? undefined : createHash('sha256');
    let held: Uint8Array | undefined;
    for await (const piece of pieces) {
      if (held !== undefined) yield held;
      hash?.update(piece.content);
      held = piece.content;
      if (hash === undefined && piece.digest?.toString('hex') !== stored.sha256) throw differs(stored, this.#manifest);
    }
    if (hash !== undefined) assertHash(hash, stored, this.#manifest);
    if (held !== undefined) yield held;
  }

  async *#chunks(entry: ManifestEntry): AsyncGenerator<ReadChunk> {
    for (const run of entry.content) {
      for (let chunk = run.firstChunk; chunk < run.firstChunk + run.chunks; chunk++)
        yield await this.#packs.read(this.#pinOf(run, chunk), chunk);
    }
  }

  #pinOf(run: ContentRun, chunk: number): PackPin {
    const pin = packOfChunk(this.#pins.get(run.attempt) ?? [], chunk);
    if (pin === undefined) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to read from manifest '${this.#manifest.key}': it names content that no pack holds`,
        { key: this.#manifest.key },
      );
    }
    return pin;
  }

  /** Entries of this reader carry where their bytes lie; others are looked up by their path. */
  async #storedForm(entry: StoredEntry): Promise<ManifestEntry> {
    if ('content' in entry) return entry as ManifestEntry;
    const found = await this.#manifest.find(entry.path);
    if (found === undefined)
      throw new HoldfastError(
        'NotFound',
        `unable to read '${pathText(entry.path)}': the recovery point has no such path`,
        {},
      );
    return found;
  }
}

interface Piece {
  readonly content: Uint8Array;
  readonly digest?: Buffer;
}

/** Lays content into its data ranges and zeros between them. The bytes must fill the ranges exactly. */
async function* withHoles(
  chunks: AsyncIterable<ReadChunk>,
  ranges: readonly (readonly [number, number])[],
  entry: ManifestEntry,
): AsyncGenerator<Piece> {
  let at = 0;
  let range = 0;
  let takenOfRange = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.content.length;) {
      const [offset, length] = ranges[range] ?? [Number.NaN, 0];
      if (takenOfRange === 0) yield* zeros(offset - at);
      const piece = Math.min(length - takenOfRange, chunk.content.length - taken);
      if (!(piece > 0)) throw lengthDiffers(entry);
      // A whole chunk keeps its digest, which is the file's when it is the only one.
      if (piece === chunk.content.length) yield chunk;
      else yield { content: chunk.content.subarray(taken, taken + piece) };
      taken += piece;
      takenOfRange += piece;
      at = offset + takenOfRange;
      if (takenOfRange === length) {
        range += 1;
        takenOfRange = 0;
      }
    }
  }
  if (range !== ranges.length || at > entry.sizeBytes) throw lengthDiffers(entry);
  yield* zeros(entry.sizeBytes - at);
}

function* zeros(length: number): Generator<Piece> {
  for (let rest = length; rest > 0; rest -= ZEROS.length)
    yield { content: rest < ZEROS.length ? ZEROS.subarray(0, rest) : ZEROS };
}

function assertHash(hash: Hash, entry: ManifestEntry, manifest: Manifest): void {
  if (hash.digest('hex') !== entry.sha256) throw differs(entry, manifest);
}

function differs(entry: ManifestEntry, manifest: Manifest): HoldfastError {
  return new HoldfastError(
    'IntegrityViolation',
    `unable to read '${pathText(entry.path)}': its hash is not the recorded one`,
    { key: manifest.key },
  );
}

function lengthDiffers(entry: ManifestEntry): HoldfastError {
  return new HoldfastError(
    'IntegrityViolation',
    `unable to read '${pathText(entry.path)}': its length is not the recorded one`,
    {},
  );
}
