// Moves received WAL segments into the sink, walking every record on the way, and cuts the last one at the backup's end.

import { open, rm } from 'node:fs/promises';

import { HoldfastError } from '../../../domain/errors.ts';
import type { DumpSink } from '../../../ports/engine.ts';
import type { Lsn } from '../../../protocols/postgresql/lsn.ts';
import type { ReceivedSegment } from '../../../protocols/postgresql/wal-receiver.ts';
import type { WalRange } from '../../../protocols/postgresql/wal-verifier.ts';
import { WalVerifier } from '../../../protocols/postgresql/wal-verifier.ts';
import { DATA_ROOT, WAL_FOLDER } from './layout.ts';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
}

const READ_BYTES = 256 * 1024;

export class WalStore {
  readonly #sink: DumpSink;
  readonly #range: WalRange;
  readonly #verifier: WalVerifier;
  readonly #signal: AbortSignal;
  #storedEnd: Lsn | undefined;
  #segments = 0;

  constructor(sink: DumpSink, range: WalRange, signal: AbortSignal) {
    this.#sink = sink;
    this.#range = range;
    this.#signal = signal;
    this.#verifier = new WalVerifier(range);
  }

  get segments(): number {
    return this.#segments;
  }

  /** Stores whole segments and removes their scratch files: the scratch folder never holds more than one file's worth of WAL. */
  async store(segments: readonly ReceivedSegment[], owner: FileOwner): Promise<void> {
    for (const segment of segments) await this.#storeSegment(segment, undefined, owner);
  }

  /**
   * Stores up to the segment that holds the byte before `endLsn`. After that position the file is zeros, so that recovery ends exactly
   * where the backup did, in no half record. Returns the number of records walked. @throws DumpIncomplete
   */
  async finish(segments: readonly ReceivedSegment[], endLsn: Lsn, owner: FileOwner): Promise<number> {
    for (const segment of segments) {
      if (segment.startLsn < endLsn) await this.#storeSegment(segment, endLsn, owner);
      else await rm(segment.path);
    }
    if (this.#storedEnd === undefined || this.#storedEnd < endLsn) {
      throw new HoldfastError('DumpIncomplete', 'the write-ahead log of the backup was not received to its end');
    }
    return this.#verifier.finish(endLsn);
  }

  async #storeSegment(segment: ReceivedSegment, endLsn: Lsn | undefined, owner: FileOwner): Promise<void> {
    const segmentBytes = BigInt(this.#range.segmentBytes);
    const contentEnd =
      endLsn !== undefined && endLsn < segment.startLsn + segmentBytes ? endLsn : segment.startLsn + segmentBytes;
    const contentBytes = Number(contentEnd - segment.startLsn);
    const path = Buffer.from(`${DATA_ROOT}/${WAL_FOLDER}/${segment.name}`);
    const writer = this.#sink.open({ path, kind: 'file', mode: 0o600, ...owner });
    const file = await open(segment.path, 'r');
    try {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      for (let done = 0; done < contentBytes;) {
        if (this.#signal.aborted) throw new HoldfastError('ExecutionStopped', 'stopped while storing write-ahead log');
        const { bytesRead } = await file.read(buffer, 0, Math.min(READ_BYTES, contentBytes - done), done);
        if (bytesRead === 0)
          throw new HoldfastError('DumpIncomplete', `segment '${segment.name}' is shorter than the backup needs`);
        const piece = buffer.subarray(0, bytesRead);
        this.#verifier.update(piece);
        await writer.write(piece);
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
    for (let left = this.#range.segmentBytes - contentBytes; left > 0; left -= READ_BYTES) {
      await writer.write(Buffer.alloc(Math.min(READ_BYTES, left)));
    }
    const stored = await writer.close();
    if (stored.sizeBytes !== this.#range.segmentBytes)
      throw new HoldfastError('DumpIncomplete', `segment '${segment.name}' was not stored whole`);
    await rm(segment.path);
    this.#storedEnd = contentEnd;
    this.#segments++;
  }
}
