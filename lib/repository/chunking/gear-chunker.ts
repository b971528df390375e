// The WebAssembly chunker: owns one memory with the gear table, the reading window and the segment slots, and cuts inside it.

import { invariant } from '../../domain/errors.ts';
import type { ChunkSizes } from './chunk-sizes.ts';
import { HASH_WINDOW_BYTES, cutMasks } from './chunk-sizes.ts';
import { GEAR_MODULE } from './gear-module.ts';

export const GEAR_ENTRIES = 256;
const TABLE_BYTES = GEAR_ENTRIES * 4;
const PAGE_BYTES = 65_536;

/** The few lines of the WebAssembly interface used here; TypeScript keeps the rest with the browser's types. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
}
interface GrowingMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
type Cut = (
  start: number,
  length: number,
  min: number,
  average: number,
  max: number,
  rare: number,
  usual: number,
) => number;

export class GearChunker {
  /** The bytes behind the table; all offsets of this class count from its start. */
  readonly memory: Buffer;
  readonly sizes: ChunkSizes;
  readonly #cut: Cut;
  readonly #rare: number;
  readonly #usual: number;

  constructor(options: { readonly table: Uint32Array; readonly sizes: ChunkSizes; readonly memoryBytes: number }) {
    const { table, sizes, memoryBytes } = options;
    invariant(table.length === GEAR_ENTRIES, 'a gear table has 256 entries');
    invariant(
      sizes.min >= HASH_WINDOW_BYTES && sizes.min <= sizes.average && sizes.average <= sizes.max,
      'chunk sizes grow',
    );
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyInterface }).WebAssembly;
    const instance = new Instance(new Module(Buffer.from(GEAR_MODULE, 'base64')));
    const memory = instance.exports['memory'] as GrowingMemory;
    // Grown once, before any view exists: growing later would detach them all.
    memory.grow(Math.ceil((TABLE_BYTES + memoryBytes) / PAGE_BYTES));
    new Uint32Array(memory.buffer, 0, GEAR_ENTRIES).set(table);
    this.memory = Buffer.from(memory.buffer, TABLE_BYTES, memoryBytes);
    this.sizes = sizes;
    this.#cut = instance.exports['cut'] as Cut;
    const masks = cutMasks(sizes);
    this.#rare = masks.beforeAverage;
    this.#usual = masks.afterAverage;
  }

  /** Length of the chunk that begins at `offset`, when `length` bytes lie there. */
  cut(offset: number, length: number): number {
    const { min, average, max } = this.sizes;
    return this.#cut(TABLE_BYTES + offset, length, min, average, max, this.#rare, this.#usual);
  }
}
