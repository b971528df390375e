// The chunks an attempt knows: those of earlier, committed attempts, and its own, numbered in the order they are first seen.

import { CHUNK_ID_BYTES } from '../chunking/chunk-id.ts';
import { ChunkTable } from '../index/chunk-table.ts';

export interface ChunkPlace {
  readonly attempt: string;
  readonly chunk: number;
  readonly isNew: boolean;
}

export class AttemptChunks {
  readonly #table = new ChunkTable();
  /** Position is the number that the table keeps; the own attempt is 0. */
  readonly #attempts: string[];
  #ownRows = 0;
  #own = 0;
  reusedBytes = 0;

  constructor(attempt: string) {
    this.#attempts = [attempt];
  }

  get ownChunks(): number {
    return this.#own;
  }

  /** Makes chunks of an earlier attempt known; only before the first `place`. */
  learn(attempt: string, firstChunk: number, ids: Buffer): void {
    let number = this.#attempts.indexOf(attempt);
    if (number < 0) number = this.#attempts.push(attempt) - 1;
    for (let i = 0; i * CHUNK_ID_BYTES < ids.length; i++) {
      this.#table.add(ids.subarray(i * CHUNK_ID_BYTES, (i + 1) * CHUNK_ID_BYTES), number, firstChunk + i);
    }
    this.#ownRows = this.#table.size;
  }

  /** Where a chunk lies, or will lie when it is new. */
  place(id: Buffer, length: number): ChunkPlace {
    const row = this.#table.find(id);
    if (row >= 0) {
      this.reusedBytes += length;
      return { attempt: this.#attempts[this.#table.attemptOf(row)]!, chunk: this.#table.numberOf(row), isNew: false };
    }
    const chunk = this.#own;
    this.#table.add(id, 0, chunk);
    this.#own += 1;
    return { attempt: this.#attempts[0]!, chunk, isNew: true };
  }

  /** Ids of own chunks; valid until the next `place`. */
  ownIds(firstChunk: number, count: number): Buffer {
    return this.#table.idsOf(this.#ownRows + firstChunk, count);
  }
}
