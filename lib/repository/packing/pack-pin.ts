// A pack as others refer to it: which object it is, and which of its attempt's chunks it holds.

import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';

const SHA256_BYTES = 32;
const UINT32_MAX = 0xffffffff;

export interface PackPin {
  readonly attempt: string;
  /** Ordinal among the attempt's packs; with the attempt it makes the key. */
  readonly number: number;
  readonly sizeBytes: number;
  /** Of the stored bytes, hex. */
  readonly sha256: string;
  /** The attempt's chunks are numbered in the order they were stored; a pack holds consecutive ones. */
  readonly firstChunk: number;
  readonly chunks: number;
}

export function writePackPins(writer: ByteWriter, pins: readonly PackPin[]): void {
  writer.varint(pins.length);
  for (const pin of pins) {
    writer
      .varint(pin.number)
      .varint(pin.sizeBytes)
      .varint(pin.firstChunk)
      .varint(pin.chunks)
      .bytes(Buffer.from(pin.sha256, 'hex'));
  }
}

/** Pins of one attempt, in order and without overlap. @throws IntegrityViolation */
export function readPackPins(reader: ByteReader, attempt: string): PackPin[] {
  const count = reader.varint(UINT32_MAX);
  const pins: PackPin[] = [];
  let nextNumber = 0;
  let nextChunk = 0;
  for (let i = 0; i < count; i++) {
    const number = reader.varint(UINT32_MAX);
    const sizeBytes = reader.varint(REPOSITORY_LIMITS.packBytesMax);
    const firstChunk = reader.varint(UINT32_MAX);
    const chunks = reader.varint(UINT32_MAX);
    if (number < nextNumber || firstChunk < nextChunk) throw reader.malformed('packs are not in order');
    nextNumber = number + 1;
    nextChunk = firstChunk + chunks;
    pins.push({ attempt, number, sizeBytes, firstChunk, chunks, sha256: reader.bytes(SHA256_BYTES).toString('hex') });
  }
  return pins;
}

/** The pin that holds a chunk, by binary search. */
export function packOfChunk(pins: readonly PackPin[], chunk: number): PackPin | undefined {
  let low = 0;
  let high = pins.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const pin = pins[middle]!;
    if (chunk < pin.firstChunk) high = middle - 1;
    else if (chunk >= pin.firstChunk + pin.chunks) low = middle + 1;
    else return pin;
  }
  return undefined;
}
