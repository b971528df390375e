// Builds a sealed object in memory: header, sections in order, sealed trailer, footer. It is stored by a single put.

import { createHash } from 'node:crypto';

import { invariant } from '../../domain/errors.ts';
import type { IdSource } from '../../ports/id-source.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { releaseBuffer } from '../release-buffer.ts';
import { compressNow } from './compression.ts';
import type { DataKey } from './data-key.ts';
import type { Compression, ObjectCipher, ObjectIdentity, SealedParts, SectionFacts } from './object-cipher.ts';
import { COMPRESSIONS, newObjectCipher } from './object-cipher.ts';

export const FOOTER_MAGIC = Buffer.from('TSAFDLOH', 'ascii');
/** Sealed trailer length, its raw length, its compression, three zero bytes, whole length of the object, magic. */
export const FOOTER_BYTES = 4 + 4 + 1 + 3 + 8 + FOOTER_MAGIC.length;

export interface PlacedSection {
  readonly facts: SectionFacts;
  readonly offset: number;
  readonly length: number;
  /** The stored bytes, for checks and hashes before they are sent. */
  readonly parts: SealedParts;
}

export interface BuiltObject {
  readonly key: string;
  readonly parts: readonly Buffer[];
  readonly sizeBytes: number;
  readonly sha256: string;
}

export class SealedObjectBuilder {
  readonly #identity: ObjectIdentity;
  readonly #cipher: ObjectCipher;
  readonly #hash = createHash('sha256');
  readonly #parts: Buffer[] = [];
  readonly #storage: Buffer | undefined;
  #sizeBytes = 0;
  #sections = 0;

  /** With `storage` the object is put together there, which must be large enough; without, it grows piece by piece. */
  constructor(identity: ObjectIdentity, dataKey: DataKey, ids: IdSource, storage?: Buffer) {
    this.#identity = identity;
    this.#storage = storage;
    this.#cipher = newObjectCipher(identity, dataKey, ids);
    this.#add(this.#cipher.header);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get key(): string {
    return this.#identity.key;
  }

  /** Seals a section behind the ones before it. `payload` is not kept. */
  append(facts: SectionFacts, payload: Uint8Array): PlacedSection {
    const offset = this.#sizeBytes;
    const [iv, ciphertext, tag] = this.#cipher.seal(facts, payload);
    const parts: SealedParts = [this.#add(iv), this.#add(ciphertext), this.#add(tag)];
    if (this.#storage !== undefined) releaseBuffer(ciphertext);
    this.#sections += 1;
    return { facts, offset, length: this.#sizeBytes - offset, parts };
  }

  /** Opens a section that was just sealed, to compare it with what went in. @throws IntegrityViolation */
  reopen(placed: PlacedSection): Buffer {
    return this.#cipher.open(placed.facts, placed.parts);
  }

  /** A trailer is what makes an object whole: without it, or behind anything else, nothing of the object is accepted. */
  finish(content: Uint8Array): BuiltObject {
    const trailer = new ByteWriter(content.length + 4).u32(this.#sections).bytes(content).view();
    const { compression, payload } = compressNow(trailer);
    const { length } = this.append(
      { section: 'trailer', position: 0, rawLength: trailer.length, compression },
      payload,
    );
    this.#add(encodeFooter(length, trailer.length, compression, this.#sizeBytes + FOOTER_BYTES));
    return {
      key: this.#identity.key,
      parts: this.#storage === undefined ? this.#parts : [this.#storage.subarray(0, this.#sizeBytes)],
      sizeBytes: this.#sizeBytes,
      sha256: this.#hash.digest('hex'),
    };
  }

  /** Returns the bytes as they will be sent. */
  #add(part: Buffer): Buffer {
    const offset = this.#sizeBytes;
    this.#sizeBytes += part.length;
    this.#hash.update(part);
    if (this.#storage === undefined) {
      this.#parts.push(part);
      return part;
    }
    invariant(this.#sizeBytes <= this.#storage.length, 'an object fits into the storage made for it');
    part.copy(this.#storage, offset);
    return this.#storage.subarray(offset, this.#sizeBytes);
  }
}

function encodeFooter(sealedLength: number, rawLength: number, compression: Compression, wholeLength: number): Buffer {
  const footer = new ByteWriter(FOOTER_BYTES)
    .u32(sealedLength)
    .u32(rawLength)
    .u8(COMPRESSIONS[compression])
    .bytes(Buffer.alloc(3));
  return footer
    .u32(wholeLength % 2 ** 32)
    .u32(Math.floor(wholeLength / 2 ** 32))
    .bytes(FOOTER_MAGIC)
    .copy();
}
