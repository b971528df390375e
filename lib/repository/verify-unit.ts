// Verifies a unit at one location by reading it: every byte of every pack it needs, its index and its manifest. Existence is no proof.

import type { UnitResult } from '../domain/backup-record.ts';
import { HoldfastError, hasErrorName } from '../domain/errors.ts';
import { CHUNK_ID_BYTES, ChunkIdentifier } from './chunking/chunk-id.ts';
import type { AttemptIndex } from './index/index-object.ts';
import { openIndex } from './index/index-object.ts';
import { checkEntries } from './manifest/check-entries.ts';
import { ChunkCensus } from './manifest/chunk-census.ts';
import { FileHashes } from './manifest/file-hashes.ts';
import type { Manifest } from './manifest/manifest.ts';
import { openManifest } from './manifest/manifest.ts';
import type { PackPin } from './packing/pack-pin.ts';
import { verifyPack } from './packing/verify-pack.ts';
import { objectKeys } from './object-keys.ts';
import type { RepositoryContext } from './repository-context.ts';
import { chunkIdKeyOf } from './repository-secret.ts';
import { KeyRing } from './sealing/key-ring.ts';
import { differsFromPin, statPresent } from './stored-objects.ts';

export interface VerifyOptions {
  /** Attempts whose packs were read here recently enough: they are only looked for, with their right size. */
  readonly skipAttempts: ReadonlySet<string>;
  readonly onProgress?: (doneBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyResult {
  /** Bytes that were read and found right. */
  readonly verifiedBytes: number;
  /** Objects that were read or looked for. */
  readonly objects: number;
  /** Attempts all of whose packs that any later backup could need were read. */
  readonly verifiedAttempts: readonly string[];
}

/**
 * @throws IntegrityViolation naming the object; CopyMissing when one is missing; RepositoryFormatUnsupported; KeyUnwrapFailed;
 * ExecutionStopped
 */
export async function verifyUnit(
  context: RepositoryContext,
  unit: UnitResult,
  options: VerifyOptions,
): Promise<VerifyResult> {
  return new UnitVerification(context, options).run(unit);
}

/** What the bytes of packs are held against. */
interface Proof {
  readonly identifier: ChunkIdentifier;
  readonly census: ChunkCensus;
  readonly files: FileHashes;
}

class UnitVerification {
  readonly #context: RepositoryContext;
  readonly #options: VerifyOptions;
  readonly #keys: KeyRing;
  readonly #verifiedAttempts: string[] = [];
  #verifiedBytes = 0;
  #objects = 0;

  constructor(context: RepositoryContext, options: VerifyOptions) {
    this.#context = context;
    this.#options = options;
    this.#keys = new KeyRing(context);
  }

  async run(unit: UnitResult): Promise<VerifyResult> {
    const manifest = await openManifest(this.#context, this.#keys, unit);
    await manifest.checkRoot();
    this.#count(unit.manifest.sizeBytes);
    const { attempts } = manifest.trailer;
    const identifier = new ChunkIdentifier(chunkIdKeyOf(manifest.secret));
    const census = new ChunkCensus(identifier);
    const hashes = await this.#expectHashes(manifest);
    for (const { attempt, packs } of attempts) {
      census.expect(attempt, packs);
      const files = hashes.get(attempt);
      if (files === undefined) await this.#lookFor(packs);
      else await this.#readPacks(packs, { identifier, census, files });
    }
    await this.#checkIndex(unit, manifest, census);
    await checkEntries(manifest, census, () => this.#assertGoingOn());
    const needed = { verifiedBytes: this.#verifiedBytes, objects: this.#objects };
    for (const { attempt, packs } of attempts) {
      const isWhole = attempt === unit.attempt || (await this.#readRest(attempt, packs, identifier));
      if (isWhole && !this.#options.skipAttempts.has(attempt)) this.#verifiedAttempts.push(attempt);
    }
    return { ...needed, verifiedAttempts: this.#verifiedAttempts };
  }

  async #lookFor(packs: readonly PackPin[]): Promise<void> {
    for (const pin of packs) {
      this.#assertGoingOn();
      const key = this.#keyOf(pin);
      const { sizeBytes } = await statPresent(this.#context, key);
      if (sizeBytes !== pin.sizeBytes) throw differsFromPin(this.#context, key);
      this.#objects += 1;
    }
  }

  /** File hashes to recompute, for each attempt whose packs are read this time. */
  async #expectHashes(manifest: Manifest): Promise<ReadonlyMap<string, FileHashes>> {
    const read = manifest.trailer.attempts.filter(({ attempt }) => !this.#options.skipAttempts.has(attempt));
    const hashes = new Map(read.map(({ attempt }) => [attempt, new FileHashes(attempt)]));
    for await (const entry of manifest.entries()) {
      this.#assertGoingOn();
      hashes.get(entry.content[0]?.attempt ?? '')?.expect(entry);
    }
    return hashes;
  }

  async #readPacks(packs: readonly PackPin[], proof: Proof): Promise<void> {
    const { identifier, census, files } = proof;
    for (const pin of packs) {
      this.#assertGoingOn();
      const dataKey = await this.#keys.of(pin.attempt);
      const table = await verifyPack(this.#context, dataKey, pin, identifier, (chunk, content) =>
        files.add(chunk, content),
      );
      census.record(pin, table);
      this.#count(pin.sizeBytes);
    }
  }

  /** The index of this attempt, against the packs that were just read: later backups will believe it. */
  async #checkIndex(unit: UnitResult, manifest: Manifest, census: ChunkCensus): Promise<void> {
    const index = await openIndex(this.#context, this.#keys, unit.attempt, unit.index);
    const own = manifest.trailer.attempts[0]?.packs ?? [];
    let isSame =
      index.pins.length === own.length &&
      index.pins.every((pin, i) => pin.sha256 === own[i]?.sha256 && pin.firstChunk === own[i]?.firstChunk);
    for await (const { firstChunk, ids } of index.sections()) {
      for (let i = 0; i * CHUNK_ID_BYTES < ids.length; i++) {
        isSame &&= census.mayHaveId(
          unit.attempt,
          firstChunk + i,
          ids.subarray(i * CHUNK_ID_BYTES, (i + 1) * CHUNK_ID_BYTES),
        );
      }
    }
    if (!isSame) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to accept index '${unit.index.key}': it does not list the packs of its attempt`,
        { key: unit.index.key },
      );
    }
    this.#count(unit.index.sizeBytes);
  }

  /**
   * An earlier attempt counts as verified only when all of its packs were read, also those this unit does not need: the next backup
   * may need them. Damage found among those is no damage of this unit; it only keeps the attempt from being called verified.
   */
  async #readRest(attempt: string, needed: readonly PackPin[], identifier: ChunkIdentifier): Promise<boolean> {
    if (this.#options.skipAttempts.has(attempt)) return false;
    const known = new Set(needed.map((pin) => pin.number));
    try {
      const { pins } = await this.#openIndexOf(attempt);
      for (const pin of pins.filter(({ number }) => !known.has(number))) {
        this.#assertGoingOn();
        await verifyPack(this.#context, await this.#keys.of(attempt), pin, identifier);
        this.#options.onProgress?.(this.#verifiedBytes);
      }
      return true;
    } catch (error) {
      if (hasErrorName(error, 'IntegrityViolation', 'CopyMissing', 'RepositoryFormatUnsupported')) return false;
      throw error;
    }
  }

  /** An earlier index has no pin here; its seal proves that it is the attempt's. */
  async #openIndexOf(attempt: string): Promise<AttemptIndex> {
    const key = objectKeys.index(this.#context.storeName, attempt);
    const { sizeBytes, sha256 } = await statPresent(this.#context, key);
    return openIndex(this.#context, this.#keys, attempt, { key, sizeBytes, sha256 });
  }

  #keyOf(pin: PackPin): string {
    return objectKeys.pack(this.#context.storeName, pin.attempt, pin.number);
  }

  #count(bytes: number): void {
    this.#objects += 1;
    this.#verifiedBytes += bytes;
    this.#options.onProgress?.(this.#verifiedBytes);
  }

  #assertGoingOn(): void {
    if (this.#options.signal?.aborted === true)
      throw new HoldfastError('ExecutionStopped', 'unable to go on verifying: stopped by request');
  }
}
