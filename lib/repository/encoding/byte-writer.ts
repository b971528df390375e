// A growing byte buffer with the few encodings of the format: little-endian integers, LEB128 varints, length-prefixed bytes.

import { invariant } from '../../domain/errors.ts';

const VARINT_BYTES_MAX = 8;

export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    this.#grow(1);
    this.#length = this.#bytes.writeUInt8(value, this.#length);
    return this;
  }

  u32(value: number): this {
    this.#grow(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
    return this;
  }

  /** Any whole number from 0 to 2^53 - 1, seven bits at a time, lowest first. */
  varint(value: number): this {
    invariant(Number.isSafeInteger(value) && value >= 0, 'a varint is a whole number of at most 53 bits');
    this.#grow(VARINT_BYTES_MAX);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** Zigzag: small numbers of either sign stay short. */
  signed(value: number): this {
    return this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(value: Uint8Array): this {
    this.#grow(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  sized(value: Uint8Array): this {
    return this.varint(value.length).bytes(value);
  }

  text(value: string): this {
    return this.sized(Buffer.from(value, 'utf8'));
  }

  /** Valid until the next write. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  copy(): Buffer {
    return Buffer.from(this.view());
  }

  clear(): void {
    this.#length = 0;
  }

  #grow(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
