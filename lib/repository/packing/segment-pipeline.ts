// Collects new chunks into solid segments, compresses up to three at once in the libuv pool, and hands them to the packs in order.

import { HoldfastError } from '../../domain/errors.ts';
import { releaseBuffer } from '../release-buffer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { CompressionChoice } from '../sealing/compression.ts';
import { compress, decompress } from '../sealing/compression.ts';
import type { PackWriter } from './pack-writer.ts';

interface Slot {
  readonly memory: Buffer;
  fill: number;
  chunkLengths: number[];
}

export interface SegmentPipelineOptions {
  /** Equal slices of the chunker's memory; one is being filled while the others are compressed. */
  readonly slots: readonly Buffer[];
  readonly segmentBytes: number;
  readonly compression: CompressionChoice;
  readonly packs: PackWriter;
}

export class SegmentPipeline {
  readonly #options: SegmentPipelineOptions;
  readonly #free: Slot[];
  #current: Slot;
  /** Ends when the last dispatched segment was given to its pack: keeps packs in the order of chunk numbers. */
  #turn: Promise<void> = Promise.resolve();
  #running = 0;
  readonly #waiters: (() => void)[] = [];
  #failure: unknown;

  constructor(options: SegmentPipelineOptions) {
    this.#options = options;
    const slots = options.slots.map((memory): Slot => ({ memory, fill: 0, chunkLengths: [] }));
    const first = slots.pop();
    if (first === undefined) throw new HoldfastError('Internal', 'invariant broken: a pipeline has slots');
    this.#current = first;
    this.#free = slots;
  }

  /** Undefined when a chunk may be added at once; else resolves when it may: this is the back-pressure of the whole data path. */
  room(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#asError());
    const { fill, chunkLengths } = this.#current;
    if (fill < this.#options.segmentBytes && chunkLengths.length < REPOSITORY_LIMITS.segmentChunksMax) return undefined;
    return this.#next();
  }

  /** Adds a chunk; call `room` before. */
  add(chunk: Uint8Array): void {
    const slot = this.#current;
    slot.memory.set(chunk, slot.fill);
    slot.fill += chunk.length;
    slot.chunkLengths.push(chunk.length);
  }

  /** Sends off what was collected and waits until every segment has been sealed and checked. */
  async finish(): Promise<void> {
    if (this.#current.fill > 0) await this.#next();
    await this.settle();
    if (this.#failure !== undefined) throw this.#asError();
  }

  /** Waits until nothing is under way any more; throws nothing. */
  async settle(): Promise<void> {
    while (this.#running > 0) await this.#anyEnds();
  }

  async #next(): Promise<void> {
    if (this.#current.fill > 0) this.#dispatch(this.#current);
    while (this.#free.length === 0) {
      await this.#anyEnds();
      if (this.#failure !== undefined) throw this.#asError();
    }
    this.#current = this.#free.pop()!;
  }

  #dispatch(slot: Slot): void {
    this.#running += 1;
    const before = this.#turn;
    let pass: () => void = () => undefined;
    this.#turn = new Promise((resolve) => (pass = resolve));
    void this.#process(slot, before, pass)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        pass();
        slot.fill = 0;
        slot.chunkLengths = [];
        this.#free.push(slot);
        this.#running -= 1;
        for (const wake of this.#waiters.splice(0)) wake();
      });
  }

  /** The slot stays taken until its bytes were read back from the sealed form: memory is bounded by slots, whatever stalls. */
  async #process(slot: Slot, before: Promise<void>, pass: () => void): Promise<void> {
    const raw = slot.memory.subarray(0, slot.fill);
    const { compression, payload } = await compress(raw, this.#options.compression);
    await before;
    if (this.#failure !== undefined) return;
    let checked: Promise<void> = Promise.resolve();
    const segment = { rawLength: raw.length, compression, payload, chunkLengths: slot.chunkLengths };
    await this.#options.packs.append(segment, (reopened) => (checked = assertReadsBack(raw, compression, reopened)));
    pass();
    await checked;
    if (compression !== 'none') releaseBuffer(payload);
  }

  #anyEnds(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #asError(): Error {
    return this.#failure instanceof Error ? this.#failure : new HoldfastError('Internal', String(this.#failure));
  }
}

/**
 * Trap 55: memory or codec faults before the upload make backups that were wrong from the start (restic/restic#4529). What is
 * about to be stored is opened, decompressed and compared with what was read.
 */
async function assertReadsBack(
  raw: Buffer,
  compression: 'none' | 'zstd' | 'gzip',
  reopened: () => Buffer,
): Promise<void> {
  const payload = reopened();
  const again = await decompress(payload, compression, raw.length, 'a new pack');
  const isSame = again.equals(raw);
  releaseBuffer(payload);
  if (again !== payload) releaseBuffer(again);
  if (!isSame) {
    throw new HoldfastError(
      'IntegrityViolation',
      'unable to accept a sealed segment: it does not read back as what was read from the source',
    );
  }
}
