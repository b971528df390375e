// Which chunk lies where: an open-addressing table on typed arrays. Measured: 55 MB per million chunks; a Map of strings needs twice that.

import { invariant } from '../../domain/errors.ts';
import { CHUNK_ID_BYTES } from '../chunking/chunk-id.ts';

const WORDS = CHUNK_ID_BYTES / 4;
const FREE = -1;

export class ChunkTable {
  /** Rows of 32 bytes in the order in which they were added. */
  #ids = new Uint32Array(WORDS * 1024);
  #attempts = new Uint16Array(1024);
  #numbers = new Uint32Array(1024);
  #slots = new Int32Array(4096).fill(FREE);
  #rows = 0;
  readonly #wanted = new Uint32Array(WORDS);
  readonly #wantedBytes = Buffer.from(this.#wanted.buffer);

  get size(): number {
    return this.#rows;
  }

  /** Row of a chunk, or a negative number when it is not here. */
  find(id: Buffer): number {
    id.copy(this.#wantedBytes);
    const slot = this.#slotOf(this.#wanted, 0);
    return this.#slots[slot]!;
  }

  /** Adds a chunk. One that is here already keeps its place; the answer says whether it was added. */
  add(id: Buffer, attempt: number, number: number): boolean {
    if (this.#rows * 2 >= this.#slots.length) this.#growSlots();
    id.copy(this.#wantedBytes);
    const slot = this.#slotOf(this.#wanted, 0);
    if (this.#slots[slot] !== FREE) return false;
    if (this.#rows === this.#numbers.length) this.#growRows();
    this.#ids.set(this.#wanted, this.#rows * WORDS);
    this.#attempts[this.#rows] = attempt;
    this.#numbers[this.#rows] = number;
    this.#slots[slot] = this.#rows;
    this.#rows += 1;
    return true;
  }

  attemptOf(row: number): number {
    return this.#attempts[row]!;
  }

  numberOf(row: number): number {
    return this.#numbers[row]!;
  }

  /** Ids of consecutive rows, 32 bytes each; valid until the next add. */
  idsOf(row: number, count: number): Buffer {
    invariant(row + count <= this.#rows, 'rows exist');
    return Buffer.from(this.#ids.buffer, row * CHUNK_ID_BYTES, count * CHUNK_ID_BYTES);
  }

  /** The slot that holds these words, or the free one where they belong. Ids are hashes already: their first word is as good as any. */
  #slotOf(words: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    let slot = words[at]! & mask;
    for (;;) {
      const row = this.#slots[slot]!;
      if (row === FREE || this.#isEqual(row * WORDS, words, at)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isEqual(stored: number, words: Uint32Array, at: number): boolean {
    for (let i = 0; i < WORDS; i++) if (this.#ids[stored + i] !== words[at + i]) return false;
    return true;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(FREE);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < this.#rows; row++) {
      let slot = this.#ids[row * WORDS]! & mask;
      while (this.#slots[slot] !== FREE) slot = (slot + 1) & mask;
      this.#slots[slot] = row;
    }
  }

  /** By half, not by double: the ids are the largest array of a backup. */
  #growRows(): void {
    const rows = Math.ceil((this.#rows * 1.5) / 1024) * 1024;
    const ids = new Uint32Array(rows * WORDS);
    ids.set(this.#ids);
    this.#ids = ids;
    const attempts = new Uint16Array(rows);
    attempts.set(this.#attempts);
    this.#attempts = attempts;
    const numbers = new Uint32Array(rows);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
