// Finds the holes of a sparse file by what they read as: aligned runs of zeros. SEEK_HOLE is not asked, because Node cannot, and because
// file systems have answered it wrongly for data not yet on disk (OpenZFS issue 15526): a hole invented there is lost data, ours is zeros.

import type { EntryMeta } from '../../domain/entry.ts';
import type { ContentWriter } from '../../ports/engine.ts';

export const HOLE_BYTES_MIN = 64 * 1024;
/** A file with more pieces keeps its further zeros as data, so that one entry cannot fill the manifest. */
const RANGES_MAX = 4096;

const ZEROS = Buffer.alloc(HOLE_BYTES_MIN);

export class SparseReader {
  readonly #writer: ContentWriter;
  readonly #ranges: [number, number][] = [];
  #offset = 0;
  #holeBytes = 0;
  dataBytes = 0;

  constructor(writer: ContentWriter) {
    this.#writer = writer;
  }

  /** Takes the next bytes; all but the last call bring a multiple of HOLE_BYTES_MIN. */
  async take(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += HOLE_BYTES_MIN) {
      const piece = bytes.subarray(at, at + HOLE_BYTES_MIN);
      const isHole = this.#ranges.length < RANGES_MAX && piece.equals(ZEROS.subarray(0, piece.length));
      if (isHole) this.#holeBytes += piece.length;
      else await this.#writeData(piece);
      this.#offset += piece.length;
    }
  }

  async end(): Promise<void> {
    if (this.#holeBytes > 0) await this.#writer.skip(this.#holeBytes);
    this.#holeBytes = 0;
  }

  /** Nothing for a file that turned out to have no holes worth the name. */
  ranges(): Pick<EntryMeta, 'dataRanges'> {
    const isDense = this.dataBytes === this.#offset;
    return isDense ? {} : { dataRanges: this.#ranges };
  }

  async #writeData(piece: Buffer): Promise<void> {
    await this.end();
    await this.#writer.write(piece);
    this.dataBytes += piece.length;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last[0] + last[1] === this.#offset) last[1] += piece.length;
    else this.#ranges.push([this.#offset, piece.length]);
  }
}
