// Recomputes the hashes of files of many chunks while packs are read in order, so that a wrong one is found before it is needed.

import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';

import { HoldfastError } from '../../domain/errors.ts';
import { ByteWriter } from '../encoding/byte-writer.ts';
import type { ManifestEntry } from './content-run.ts';

const SHA256_BYTES = 32;

interface Running {
  readonly hash: Hash;
  readonly lastChunk: number;
  readonly file: number;
}

/**
 * The hashes of one attempt's files. Proven here: files whose chunks follow one another, which is how a writer stores what is new.
 * Files of one chunk are proven by the id of that chunk. Not proven here, because it would mean reading the packs out of order: files
 * put together from several places, and files with holes; for them the ids of all chunks are proven.
 */
export class FileHashes {
  readonly #attempt: string;
  readonly #firstChunks: number[] = [];
  readonly #counts: number[] = [];
  readonly #hashes = new ByteWriter(1024);
  /** Files by first chunk; made when the first chunk comes. */
  #order: Uint32Array | undefined;
  #next = 0;
  #running: Running[] = [];

  constructor(attempt: string) {
    this.#attempt = attempt;
  }

  expect(entry: ManifestEntry): void {
    const [run, ...more] = entry.content;
    if (run === undefined || more.length > 0 || run.chunks < 2 || run.attempt !== this.#attempt) return;
    if (entry.sha256 === undefined || entry.dataRanges !== undefined) return;
    this.#firstChunks.push(run.firstChunk);
    this.#counts.push(run.chunks);
    this.#hashes.bytes(Buffer.from(entry.sha256, 'hex'));
  }

  /** Chunks of the attempt in ascending order. @throws IntegrityViolation */
  add(chunk: number, content: Buffer): void {
    this.#order ??= this.#sorted();
    for (; this.#next < this.#order.length; this.#next++) {
      const file = this.#order[this.#next]!;
      const first = this.#firstChunks[file]!;
      if (first > chunk) break;
      if (first === chunk)
        this.#running.push({ hash: createHash('sha256'), lastChunk: chunk + this.#counts[file]! - 1, file });
    }
    for (const { hash } of this.#running) hash.update(content);
    if (this.#running.every(({ lastChunk }) => lastChunk !== chunk)) return;
    for (const running of this.#running) if (running.lastChunk === chunk) this.#assertHash(running);
    this.#running = this.#running.filter(({ lastChunk }) => lastChunk !== chunk);
  }

  #sorted(): Uint32Array {
    const order = Uint32Array.from(this.#firstChunks, (_, file) => file);
    return order.sort((left, right) => this.#firstChunks[left]! - this.#firstChunks[right]!);
  }

  #assertHash({ hash, file }: Running): void {
    const expected = this.#hashes.view().subarray(file * SHA256_BYTES, (file + 1) * SHA256_BYTES);
    if (!hash.digest().equals(expected)) {
      throw new HoldfastError(
        'IntegrityViolation',
        `unable to accept a file of attempt '${this.#attempt}': its hash is not that of its content`,
        { attempt: this.#attempt, firstChunk: this.#firstChunks[file] },
      );
    }
  }
}
