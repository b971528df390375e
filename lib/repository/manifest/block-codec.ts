// A manifest block: entries in path order, each path given as the part that differs from the one before it.

import { comparePaths } from '../../domain/entry.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ByteReader } from '../encoding/byte-reader.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import { assertSafePath } from './entry-path.ts';

/** Collects entries until a block is full. The first path of a block is whole, so every block can be read alone. */
export class BlockEncoder {
  readonly #writer = new ByteWriter(REPOSITORY_LIMITS.blockBytesTarget + 64 * 1024);
  #last = Buffer.alloc(0);
  #first: Buffer | undefined;
  #entries = 0;

  get isFull(): boolean {
    return this.#writer.length >= REPOSITORY_LIMITS.blockBytesTarget;
  }

  get entries(): number {
    return this.#entries;
  }

  add(path: Buffer, body: Buffer): void {
    const shared = this.#first === undefined ? 0 : sharedBytes(this.#last, path);
    this.#writer.varint(shared).sized(path.subarray(shared)).sized(body);
    this.#last = Buffer.from(path);
    this.#first ??= this.#last;
    this.#entries += 1;
  }

  /** The block and its first path; the encoder begins anew. The bytes are valid until the next `add`. */
  take(): { readonly raw: Buffer; readonly firstPath: Buffer; readonly entries: number } {
    const taken = { raw: this.#writer.view(), firstPath: this.#first ?? Buffer.alloc(0), entries: this.#entries };
    this.#writer.clear();
    this.#first = undefined;
    this.#entries = 0;
    return taken;
  }
}

function sharedBytes(left: Buffer, right: Buffer): number {
  const length = Math.min(left.length, right.length);
  let shared = 0;
  while (shared < length && left[shared] === right[shared]) shared += 1;
  return shared;
}

/** Walks a decoded block; bodies are stepped over and decoded only where wanted. */
export class BlockDecoder {
  readonly #raw: Buffer;
  readonly #where: string;
  readonly #reader: ByteReader;
  readonly #path = Buffer.alloc(LIMITS.pathBytesMax);
  #pathLength = -1;
  #body: readonly [number, number] = [0, 0];

  constructor(raw: Buffer, where: string) {
    this.#raw = raw;
    this.#where = where;
    this.#reader = new ByteReader(raw, where);
  }

  /** Steps to the next entry; false at the end. @throws IntegrityViolation when paths are unsafe or out of order */
  next(): boolean {
    if (this.#reader.isAtEnd) return false;
    const shared = this.#reader.varint(Math.max(0, this.#pathLength));
    const suffix = this.#reader.sized(LIMITS.pathBytesMax - shared);
    const isLater = this.#pathLength < 0 || isAfter(this.#path.subarray(shared, this.#pathLength), suffix);
    if (!isLater) throw this.#reader.malformed('paths are not in order');
    suffix.copy(this.#path, shared);
    this.#pathLength = shared + suffix.length;
    const length = this.#reader.varint(REPOSITORY_LIMITS.blockBytesMax);
    this.#body = [this.#reader.position, length];
    this.#reader.skip(length);
    return true;
  }

  /** Of the entry stepped to; valid until the next step. */
  get path(): Buffer {
    return this.#path.subarray(0, this.#pathLength);
  }

  /** A copy that stays. @throws UnsafePath */
  safePath(): Buffer {
    assertSafePath(this.path);
    return Buffer.from(this.path);
  }

  get body(): Buffer {
    return this.#raw.subarray(this.#body[0], this.#body[0] + this.#body[1]);
  }

  bodyReader(): ByteReader {
    return new ByteReader(this.body, this.#where);
  }
}

/** Both with the shared beginning cut off, which may cut it longer than needed: then the suffix begins with another byte or is longer. */
function isAfter(restOfLast: Buffer, suffix: Buffer): boolean {
  return comparePaths(restOfLast, suffix) < 0;
}
