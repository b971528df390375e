// Reads what ByteWriter wrote, with every length checked against what is really there: stored bytes are foreign until proven.

import { HoldfastError } from '../../domain/errors.ts';

const VARINT_BYTES_MAX = 8;

export class ByteReader {
  readonly #bytes: Buffer;
  /** Key of the object, for the error. */
  readonly #where: string;
  #at: number;

  constructor(bytes: Buffer, where: string, at = 0) {
    this.#bytes = bytes;
    this.#where = where;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    this.#demand(1);
    return this.#bytes.readUInt8(this.#at++);
  }

  u32(): number {
    this.#demand(4);
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }

  varint(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let factor = 1;
    for (let read = 0; read < VARINT_BYTES_MAX; read++) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > max) throw this.malformed('a number is larger than the format allows');
        return value;
      }
      factor *= 0x80;
    }
    throw this.malformed('a number is longer than the format allows');
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view into the object, not a copy. */
  bytes(length: number): Buffer {
    this.#demand(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  sized(max: number): Buffer {
    return this.bytes(this.varint(max));
  }

  text(max: number): string {
    return this.sized(max).toString('utf8');
  }

  skip(length: number): void {
    this.#demand(length);
    this.#at += length;
  }

  /** What was parsed must be all there is. */
  end(): void {
    if (!this.isAtEnd) throw this.malformed('bytes follow the end');
  }

  malformed(reason: string): HoldfastError {
    return new HoldfastError('IntegrityViolation', `unable to parse object '${this.#where}': ${reason}`, {
      key: this.#where,
    });
  }

  #demand(length: number): void {
    if (length > this.#bytes.length - this.#at) throw this.malformed('it ends too early');
  }
}
