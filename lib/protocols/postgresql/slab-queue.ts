// A bounded queue between the driver's parser, which cannot wait, and a consumer that can: bytes are copied on arrival, and the
// source is paused while too much is held.

import { HoldfastError } from '../../domain/errors.ts';

export interface FlowControl {
  pause(): void;
  resume(): void;
}

const SLAB_BYTES = 256 * 1024;
/** Enough to keep both sides busy; with one socket read on top (64 KiB) this is all the memory a slow consumer costs. */
const SLABS_PAUSE = 12;
const SLABS_RESUME = 4;

/** Delivers bytes and markers in the order in which they arrived. */
export class SlabQueue<Marker> {
  readonly #flow: FlowControl;
  readonly #items: (Buffer | { readonly marker: Marker })[] = [];
  readonly #free: Buffer[] = [];
  #slab: Buffer | undefined;
  #filled = 0;
  #waiting: (() => void) | undefined;
  #lent: Buffer | undefined;
  #isPaused = false;
  #isEnded = false;
  #failure: unknown;

  constructor(flow: FlowControl) {
    this.#flow = flow;
  }

  /** Copies the bytes, so that the view may change afterwards. */
  append(view: Uint8Array): void {
    let offset = 0;
    while (offset < view.length) {
      this.#slab ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
      const length = Math.min(view.length - offset, SLAB_BYTES - this.#filled);
      this.#slab.set(view.subarray(offset, offset + length), this.#filled);
      this.#filled += length;
      offset += length;
      if (this.#filled === SLAB_BYTES) this.#flush();
    }
  }

  mark(marker: Marker): void {
    this.#flush();
    this.#items.push({ marker });
    this.#wake();
  }

  end(): void {
    this.#flush();
    this.#isEnded = true;
    this.#wake();
  }

  /** The consumer sees the failure at once; what is still queued is of no use. */
  fail(error: unknown): void {
    this.#failure ??= error ?? new HoldfastError('DumpIncomplete', 'the stream ended without a reason');
    this.#wake();
  }

  /** The next bytes or marker; undefined at the end. Bytes are valid until the next call. */
  async next(): Promise<Buffer | { readonly marker: Marker } | undefined> {
    if (this.#lent) this.#free.push(this.#lent);
    this.#lent = undefined;
    while (this.#items.length === 0 && !this.#isEnded && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- passes on exactly what the producer reported
    if (this.#failure !== undefined) throw this.#failure;
    const item = this.#items.shift();
    if (this.#isPaused && this.#items.length <= SLABS_RESUME) {
      this.#isPaused = false;
      this.#flow.resume();
    }
    if (item instanceof Buffer) this.#lent = slabOf(item);
    return item;
  }

  #flush(): void {
    if (!this.#slab || this.#filled === 0) return;
    this.#items.push(this.#slab.subarray(0, this.#filled));
    this.#slab = undefined;
    this.#filled = 0;
    if (!this.#isPaused && this.#items.length >= SLABS_PAUSE) {
      this.#isPaused = true;
      this.#flow.pause();
    }
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/** The whole slab behind a partly filled view; allocUnsafeSlow gives every slab its own memory. */
const slabOf = (view: Buffer): Buffer => Buffer.from(view.buffer);
