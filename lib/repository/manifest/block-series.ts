// Seals entries block by block as they come, so that a manifest in the making needs no memory for what it already holds.

import type { Compression } from '../sealing/object-cipher.ts';
import { compressNow, decompressNow } from '../sealing/compression.ts';
import type { PlacedSection, SealedObjectBuilder } from '../sealing/sealed-object-builder.ts';
import { BlockDecoder, BlockEncoder } from './block-codec.ts';
import { leafHash } from './merkle-root.ts';

export interface BlockRow {
  readonly length: number;
  readonly rawLength: number;
  readonly compression: Compression;
  readonly entries: number;
  readonly firstPath: Buffer;
}

export class BlockSeries {
  readonly rows: BlockRow[] = [];
  /** Merkle leaves over the stored bytes: whoever has no key can recompute the root too. */
  readonly leaves: Buffer[] = [];
  readonly #builder: SealedObjectBuilder;
  readonly #encoder = new BlockEncoder();
  readonly #placed: PlacedSection[] = [];

  constructor(builder: SealedObjectBuilder) {
    this.#builder = builder;
  }

  /** Entries come in path order. */
  add(path: Buffer, body: Buffer): void {
    this.#encoder.add(path, body);
    if (this.#encoder.isFull) this.#seal();
  }

  finish(): void {
    if (this.#encoder.entries > 0) this.#seal();
  }

  /** What was added, read back from the sealed blocks; only after `finish`. Views are valid until the next step. */
  *entries(): Generator<{ readonly path: Buffer; readonly body: Buffer }> {
    for (const placed of this.#placed) {
      const { compression, rawLength } = placed.facts;
      const raw = decompressNow(this.#builder.reopen(placed), compression, rawLength, this.#builder.key);
      const decoder = new BlockDecoder(raw, this.#builder.key);
      while (decoder.next()) yield { path: decoder.path, body: decoder.body };
    }
  }

  #seal(): void {
    const { raw, firstPath, entries } = this.#encoder.take();
    const { compression, payload } = compressNow(raw);
    const facts = { section: 'block', position: this.rows.length, rawLength: raw.length, compression } as const;
    const placed = this.#builder.append(facts, payload);
    this.#placed.push(placed);
    this.leaves.push(leafHash(placed.parts));
    this.rows.push({ length: placed.length, rawLength: raw.length, compression, entries, firstPath });
  }
}
