// What a verification saw of each chunk: its length and the beginning of its id, twelve bytes per chunk instead of forty.

import type { ChunkIdentifier } from '../chunking/chunk-id.ts';
import type { PackPin } from '../packing/pack-pin.ts';
import { packOfChunk } from '../packing/pack-pin.ts';
import type { PackTable } from '../packing/pack-table.ts';
import { idOfChunk } from '../packing/pack-table.ts';

/** Enough to tell faults apart; against forgery stand the seals. */
const PREFIX_BYTES = 8;

interface SeenPack {
  readonly lengths: Uint32Array;
  readonly prefixes: Buffer;
}

export class ChunkCensus {
  readonly #identifier: ChunkIdentifier;
  readonly #pins = new Map<string, readonly PackPin[]>();
  readonly #seen = new Map<PackPin, SeenPack>();

  constructor(identifier: ChunkIdentifier) {
    this.#identifier = identifier;
  }

  expect(attempt: string, pins: readonly PackPin[]): void {
    this.#pins.set(attempt, pins);
  }

  record(pin: PackPin, table: PackTable): void {
    const prefixes = Buffer.allocUnsafeSlow(table.chunks * PREFIX_BYTES);
    for (let chunk = 0; chunk < table.chunks; chunk++)
      idOfChunk(table, chunk).copy(prefixes, chunk * PREFIX_BYTES, 0, PREFIX_BYTES);
    this.#seen.set(pin, { lengths: table.lengths, prefixes });
  }

  /** False when no pack of the manifest holds the chunk. */
  isPinned(attempt: string, chunk: number): boolean {
    return this.#pinOf(attempt, chunk) !== undefined;
  }

  /** Undefined when its pack was not read this time. */
  lengthOf(attempt: string, chunk: number): number | undefined {
    const pin = this.#pinOf(attempt, chunk);
    return pin && this.#seen.get(pin)?.lengths[chunk - pin.firstChunk];
  }

  /** False when the chunk is there and has another id; a chunk whose pack was not read is not judged. */
  mayHaveId(attempt: string, chunk: number, id: Buffer): boolean {
    const pin = this.#pinOf(attempt, chunk);
    if (pin === undefined) return false;
    const seen = this.#seen.get(pin);
    const at = (chunk - pin.firstChunk) * PREFIX_BYTES;
    return seen === undefined || seen.prefixes.compare(id, 0, PREFIX_BYTES, at, at + PREFIX_BYTES) === 0;
  }

  /** The same for a chunk that is the whole content of a file with this SHA-256. */
  mayBeContent(attempt: string, chunk: number, sha256: string): boolean {
    return this.mayHaveId(attempt, chunk, this.#identifier.idOf(Buffer.from(sha256, 'hex')));
  }

  #pinOf(attempt: string, chunk: number): PackPin | undefined {
    return packOfChunk(this.#pins.get(attempt) ?? [], chunk);
  }
}
