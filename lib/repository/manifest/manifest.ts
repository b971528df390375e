// A stored manifest, opened: its facts, the packs it needs, and its entries block by block.

import type { ObjectPin } from '../../domain/backup-record.ts';
import { comparePaths } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { objectKeys } from '../object-keys.ts';
import { RecentlyUsed } from '../recently-used.ts';
import type { RepositoryContext } from '../repository-context.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { RepositorySecret } from '../repository-secret.ts';
import type { KeyRing } from '../sealing/key-ring.ts';
import type { SealedObject } from '../sealing/sealed-object.ts';
import { openSealedObject, storedSource } from '../sealing/sealed-object.ts';
import { checkPinned } from '../stored-objects.ts';
import { BlockDecoder } from './block-codec.ts';
import type { ManifestEntry } from './content-run.ts';
import type { AttemptNames } from './entry-codec.ts';
import { decodeEntryBody } from './entry-codec.ts';
import type { ManifestTrailer } from './manifest-trailer.ts';
import { blockFacts, decodeManifestTrailer } from './manifest-trailer.ts';
import { leafHash, merkleRoot } from './merkle-root.ts';

export interface UnitPin {
  readonly unit: string;
  readonly attempt: string;
  readonly manifest: ObjectPin;
}

/**
 * Opens a unit's manifest. Every byte of it is compared with the pin first: the pin stands in the record, and with it everything
 * that the manifest pins in turn.
 *
 * @throws CopyMissing, IntegrityViolation, RepositoryFormatUnsupported, KeyUnwrapFailed, KeyUnavailable
 */
export async function openManifest(context: RepositoryContext, keys: KeyRing, pin: UnitPin): Promise<Manifest> {
  const key = objectKeys.manifest(context.storeName, pin.attempt);
  if (key !== pin.manifest.key) {
    throw new HoldfastError(
      'IntegrityViolation',
      `unable to open manifest '${pin.manifest.key}': it is not the one of attempt '${pin.attempt}'`,
      { key },
    );
  }
  await checkPinned(context, pin.manifest);
  const dataKey = await keys.of(pin.attempt);
  const object = await openSealedObject(
    await storedSource(context, pin.manifest),
    { kind: 'manifest', number: 0, key },
    dataKey,
  );
  const trailer = decodeManifestTrailer(object);
  if (trailer.unit !== pin.unit || trailer.attempts[0]?.attempt !== pin.attempt) {
    throw new HoldfastError('IntegrityViolation', `unable to open manifest '${key}': it is of another unit`, { key });
  }
  return new Manifest(object, trailer, dataKey.repository);
}

export class Manifest implements AttemptNames {
  readonly trailer: ManifestTrailer;
  readonly #object: SealedObject;
  readonly #repository: string;
  readonly #offsets: number[] = [];
  readonly #blocks = new RecentlyUsed<number, Promise<Buffer>>(REPOSITORY_LIMITS.blocksCached);

  constructor(object: SealedObject, trailer: ManifestTrailer, repository: string) {
    this.#object = object;
    this.#repository = repository;
    this.trailer = trailer;
    let { offset } = object.body;
    for (const { length } of trailer.blocks) {
      this.#offsets.push(offset);
      offset += length;
    }
  }

  get key(): string {
    return this.#object.key;
  }

  /** Of the repository that the manifest was written in. */
  get secret(): RepositorySecret {
    return { id: this.#repository, bytes: this.trailer.repositorySecret };
  }

  nameOf(number: number): string | undefined {
    return this.trailer.attempts[number]?.attempt;
  }

  /** Every entry in path order. @throws IntegrityViolation, UnsafePath */
  async *entries(): AsyncGenerator<ManifestEntry> {
    let last: Buffer | undefined;
    for (let i = 0; i < this.trailer.blocks.length; i++) {
      const decoder = await this.block(i);
      let entries = 0;
      while (decoder.next()) {
        if (entries === 0 && last !== undefined && comparePaths(last, decoder.path) >= 0) throw this.#disorder();
        entries += 1;
        const entry = this.decode(decoder);
        yield entry;
        last = entry.path;
      }
      if (entries !== this.trailer.blocks[i]!.entries) throw this.#disorder();
    }
  }

  /** The entry of a path, from whichever block could hold it. @throws IntegrityViolation */
  async find(path: Buffer): Promise<ManifestEntry | undefined> {
    const number = this.blockFor(path);
    if (number < 0) return undefined;
    const decoder = await this.block(number);
    while (decoder.next()) {
      const order = comparePaths(decoder.path, path);
      if (order === 0) return this.decode(decoder);
      if (order > 0) return undefined;
    }
    return undefined;
  }

  /** The last block that begins at or before a path; -1 when all begin after it. */
  blockFor(path: Buffer): number {
    const { blocks } = this.trailer;
    let low = 0;
    let high = blocks.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (comparePaths(blocks[middle]!.firstPath, path) <= 0) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }

  async block(number: number): Promise<BlockDecoder> {
    const known = this.#blocks.get(number);
    if (known !== undefined) return new BlockDecoder(await known, this.key);
    const row = this.trailer.blocks[number]!;
    const reading = this.#object.readSection(blockFacts(row, number), this.#offsets[number]!, row.length);
    // A failed read is not kept: the store may answer next time.
    reading.catch(() => this.#blocks.delete(number));
    this.#blocks.set(number, reading);
    return new BlockDecoder(await reading, this.key);
  }

  decode(decoder: BlockDecoder): ManifestEntry {
    const reader = decoder.bodyReader();
    const entry = decodeEntryBody(reader, decoder.safePath(), this);
    reader.end();
    return entry;
  }

  /** Recomputes the Merkle root from the stored blocks. @throws IntegrityViolation */
  async checkRoot(): Promise<void> {
    const leaves: Buffer[] = [];
    for (let i = 0; i < this.trailer.blocks.length; i++) {
      leaves.push(leafHash([await this.#object.readStored(this.#offsets[i]!, this.trailer.blocks[i]!.length)]));
    }
    if (!merkleRoot(leaves).equals(this.trailer.merkleRoot)) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to accept manifest '${this.key}': its Merkle root differs`,
        { key: this.key },
      );
    }
  }

  #disorder(): HoldfastError {
    return new HoldfastError(
      'IntegrityViolation',
      `unable to read manifest '${this.key}': its entries are not in order`,
      { key: this.key },
    );
  }
}
