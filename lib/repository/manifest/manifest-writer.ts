// Writes a manifest from entries in any order: sorted ones are sealed as they come, late ones are merged in at the end.

import type { UnitFacts } from '../../domain/backup-record.ts';
import { comparePaths, pathText } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { IdSource } from '../../ports/id-source.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import type { PackPin } from '../packing/pack-pin.ts';
import type { DataKey } from '../sealing/data-key.ts';
import type { BuiltObject } from '../sealing/sealed-object-builder.ts';
import { SealedObjectBuilder } from '../sealing/sealed-object-builder.ts';
import { BlockSeries } from './block-series.ts';
import type { ManifestEntry } from './content-run.ts';
import { encodeEntryBody } from './entry-codec.ts';
import { assertSafePath } from './entry-path.ts';
import { LateEntries } from './late-entries.ts';
import { encodeManifestTrailer } from './manifest-trailer.ts';
import { merkleRoot } from './merkle-root.ts';
import type { PackLedger } from './pack-ledger.ts';

export interface ManifestWriterOptions {
  readonly key: string;
  readonly unit: string;
  readonly dataKey: DataKey;
  readonly ids: IdSource;
  readonly repositorySecret: Buffer;
  readonly ledger: PackLedger;
}

export class ManifestWriter {
  readonly #options: ManifestWriterOptions;
  readonly #late = new LateEntries();
  readonly #body = new ByteWriter(4096);
  #builder: SealedObjectBuilder;
  #series: BlockSeries;
  #last: Buffer | undefined;
  #entries = 0;
  #sizeBytes = 0;

  constructor(options: ManifestWriterOptions) {
    this.#options = options;
    this.#builder = this.#newBuilder();
    this.#series = new BlockSeries(this.#builder);
  }

  get entries(): number {
    return this.#entries;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** @throws UnsafePath; DumpIncomplete when the path came before */
  add(entry: ManifestEntry): void {
    assertSafePath(entry.path);
    this.#options.ledger.need(entry.content);
    this.#body.clear();
    encodeEntryBody(this.#body, entry, this.#options.ledger);
    this.#entries += 1;
    this.#sizeBytes += entry.sizeBytes;
    const order = this.#last === undefined ? -1 : comparePaths(this.#last, entry.path);
    if (order === 0) throw cameTwice(entry.path);
    if (order > 0) {
      this.#late.add(entry.path, this.#body.view());
      return;
    }
    this.#series.add(entry.path, this.#body.view());
    this.#last = Buffer.from(entry.path);
  }

  /** @throws DumpIncomplete when a path came twice */
  finish(facts: UnitFacts, ownPins: readonly PackPin[]): BuiltObject {
    this.#series.finish();
    if (!this.#late.isEmpty) this.#mergeLate();
    const { unit, repositorySecret, ledger } = this.#options;
    const trailer = encodeManifestTrailer({
      unit,
      facts,
      repositorySecret,
      entries: this.#entries,
      sizeBytes: this.#sizeBytes,
      attempts: ledger.needed(ownPins),
      blocks: this.#series.rows,
      merkleRoot: merkleRoot(this.#series.leaves),
    });
    return this.#builder.finish(trailer);
  }

  #newBuilder(): SealedObjectBuilder {
    const { key, dataKey, ids } = this.#options;
    return new SealedObjectBuilder({ kind: 'manifest', number: 0, key }, dataKey, ids);
  }

  /** Both inputs are sorted; the blocks that were sealed already are read back and sealed anew under a key of their own. */
  #mergeLate(): void {
    const builder = this.#newBuilder();
    const merged = new BlockSeries(builder);
    let last: Buffer | undefined;
    for (const { path, body } of inPathOrder(this.#series.entries(), this.#late.sorted())) {
      if (last?.equals(path) === true) throw cameTwice(path);
      merged.add(path, body);
      last = Buffer.from(path);
    }
    merged.finish();
    this.#builder = builder;
    this.#series = merged;
  }
}

interface RawEntry {
  readonly path: Buffer;
  readonly body: Buffer;
}

/** Merges two sorted sequences. */
function* inPathOrder(early: Iterator<RawEntry, void>, late: Iterator<RawEntry, void>): Generator<RawEntry> {
  let left = early.next();
  let right = late.next();
  for (;;) {
    if (left.done !== true && (right.done === true || comparePaths(left.value.path, right.value.path) <= 0)) {
      yield left.value;
      left = early.next();
    } else if (right.done !== true) {
      yield right.value;
      right = late.next();
    } else return;
  }
}

function cameTwice(path: Buffer): HoldfastError {
  return new HoldfastError('DumpIncomplete', `unable to store entry '${pathText(path)}': its path came twice`, {});
}
