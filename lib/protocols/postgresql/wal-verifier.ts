// Walks WAL as the server's recovery will: page by page, record by record, with every checksum. The WAL of a backup has no hash in
// the server's manifest, so this is the proof that it is whole from the start position to the end position.

import { HoldfastError } from '../../domain/errors.ts';
import { CRC32C_START, crc32cFinish, crc32cUpdate } from './crc32c.ts';
import type { Lsn } from './lsn.ts';
import { formatLsn, segmentStart } from './lsn.ts';

export interface WalRange {
  readonly startLsn: Lsn;
  readonly timeline: number;
  readonly systemIdentifier: string;
  readonly segmentBytes: number;
}

/** XLogPageHeaderData and XLogLongPageHeaderData of xlog_internal.h; the layout has not changed since 9.3. */
const PAGE_BYTES = 8192;
const SHORT_HEADER_BYTES = 24;
const LONG_HEADER_BYTES = 40;
const FLAG_CONTINUES = 0x0001;
const FLAG_LONG_HEADER = 0x0002;
const FLAG_OVERWRITES = 0x0008;

/** XLogRecord of xlogrecord.h. */
const RECORD_HEADER_BYTES = 24;
const RECORD_CRC_OFFSET = 20;
/** XLogRecordMaxSize; a length above it is garbage. */
const RECORD_BYTES_MAX = 1020 * 1024 * 1024;
const RESOURCE_MANAGER_XLOG = 0;
const INFO_SWITCH = 0x40;

interface OpenRecord {
  readonly lsn: Lsn;
  readonly totalBytes: number;
  readonly header: Buffer;
  doneBytes: number;
  crc: number;
}

/** Feed the bytes from the start of the segment that holds `startLsn`; then `finish` at the end position. */
export class WalVerifier {
  readonly #range: WalRange;
  readonly #page = Buffer.alloc(PAGE_BYTES);
  #filled = 0;
  #pageLsn: Lsn;
  /** Where the next record begins; records before it are none of ours. */
  #recordLsn: Lsn;
  #previousLsn: Lsn | undefined;
  #record: OpenRecord | undefined;
  #records = 0;

  constructor(range: WalRange) {
    this.#range = range;
    this.#pageLsn = segmentStart(range.startLsn, range.segmentBytes);
    this.#recordLsn = range.startLsn;
  }

  /** @throws DumpIncomplete at the first page or record that recovery would not take */
  update(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length) {
      const length = Math.min(PAGE_BYTES - this.#filled, bytes.length - offset);
      this.#page.set(bytes.subarray(offset, offset + length), this.#filled);
      this.#filled += length;
      offset += length;
      if (this.#filled === PAGE_BYTES) this.#closePage();
    }
  }

  /** The bytes fed so far must end at `endLsn`, and a record must end there. Returns the number of records. */
  finish(endLsn: Lsn): number {
    const reached = this.#pageLsn + BigInt(this.#filled);
    if (reached < endLsn) throw this.#broken(reached, 'it ends too early');
    if (this.#filled > 0) this.#readPage(Number(endLsn - this.#pageLsn));
    if (this.#record) throw this.#broken(this.#record.lsn, 'a record is cut off');
    return this.#records;
  }

  #closePage(): void {
    this.#readPage(PAGE_BYTES);
    this.#pageLsn += BigInt(PAGE_BYTES);
    this.#filled = 0;
  }

  #readPage(limit: number): void {
    const pageEnd = this.#pageLsn + BigInt(PAGE_BYTES);
    const isBefore = pageEnd <= this.#range.startLsn;
    // After a log switch the rest of the segment is empty; before the start position nothing concerns recovery.
    const isSkipped = !this.#record && this.#recordLsn >= pageEnd;
    if (isBefore || isSkipped) return;
    if (limit <= SHORT_HEADER_BYTES) return;
    let offset = this.#readPageHeader();
    if (this.#record) offset = this.#continueRecord(offset, limit);
    if (!this.#record && this.#recordLsn > this.#pageLsn)
      offset = Math.max(offset, Number(this.#recordLsn - this.#pageLsn));
    while (offset < limit) {
      offset = this.#startRecord(offset, limit);
      if (this.#recordLsn >= pageEnd) return;
    }
  }

  /** Returns the header's length. */
  #readPageHeader(): number {
    const page = this.#page;
    const flags = page.readUInt16LE(2);
    const isFirstOfSegment = this.#pageLsn % BigInt(this.#range.segmentBytes) === 0n;
    const isLong = (flags & FLAG_LONG_HEADER) !== 0;
    if (page.readUInt16LE(0) === 0) throw this.#broken(this.#pageLsn, 'a page is empty');
    if (page.readBigUInt64LE(8) !== this.#pageLsn)
      throw this.#broken(this.#pageLsn, 'a page belongs to another position');
    if (page.readUInt32LE(4) > this.#range.timeline)
      throw this.#broken(this.#pageLsn, 'a page belongs to another timeline');
    if (isLong !== isFirstOfSegment) throw this.#broken(this.#pageLsn, 'a page header has the wrong form');
    if (isLong && page.readBigUInt64LE(24).toString() !== this.#range.systemIdentifier) {
      throw this.#broken(this.#pageLsn, 'a segment belongs to another server');
    }
    if (this.#record && (flags & FLAG_OVERWRITES) !== 0) {
      // The server crashed in the middle of that record and wrote a new one in its place.
      this.#record = undefined;
      this.#previousLsn = undefined;
      this.#recordLsn = this.#pageLsn;
    }
    const continues = (flags & FLAG_CONTINUES) !== 0;
    const isOurs = this.#record !== undefined || this.#recordLsn <= this.#pageLsn;
    if (isOurs && continues !== (this.#record !== undefined))
      throw this.#broken(this.#pageLsn, 'a record is not continued');
    if (this.#record && page.readUInt32LE(16) !== this.#record.totalBytes - this.#record.doneBytes) {
      throw this.#broken(this.#pageLsn, 'a record is continued with another length');
    }
    return isLong ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES;
  }

  #startRecord(offset: number, limit: number): number {
    const lsn = this.#pageLsn + BigInt(offset);
    const totalBytes = this.#page.readUInt32LE(offset);
    if (totalBytes < RECORD_HEADER_BYTES || totalBytes > RECORD_BYTES_MAX)
      throw this.#broken(lsn, 'a record is missing');
    this.#record = { lsn, totalBytes, header: Buffer.alloc(RECORD_HEADER_BYTES), doneBytes: 0, crc: CRC32C_START };
    return this.#continueRecord(offset, limit);
  }

  /** Takes what this page holds of the open record; returns the offset after it. */
  #continueRecord(offset: number, limit: number): number {
    const record = this.#record;
    if (!record) return offset;
    const available = Math.min(record.totalBytes - record.doneBytes, limit - offset);
    const headerBytes = Math.max(0, Math.min(RECORD_HEADER_BYTES - record.doneBytes, available));
    this.#page.copy(record.header, record.doneBytes, offset, offset + headerBytes);
    record.crc = crc32cUpdate(record.crc, this.#page.subarray(offset + headerBytes, offset + available));
    record.doneBytes += available;
    const next = offset + alignUp(available);
    if (record.doneBytes === record.totalBytes) this.#closeRecord(record, next);
    return next;
  }

  #closeRecord(record: OpenRecord, nextOffset: number): void {
    const crc = crc32cFinish(crc32cUpdate(record.crc, record.header.subarray(0, RECORD_CRC_OFFSET)));
    if (crc !== record.header.readUInt32LE(RECORD_CRC_OFFSET))
      throw this.#broken(record.lsn, 'a record has the wrong checksum');
    const previous = record.header.readBigUInt64LE(8);
    if (this.#previousLsn !== undefined && previous !== this.#previousLsn)
      throw this.#broken(record.lsn, 'a record does not follow the one before');
    this.#previousLsn = record.lsn;
    this.#record = undefined;
    this.#records++;
    this.#recordLsn = this.#pageLsn + BigInt(nextOffset);
    const isSwitch = record.header[17] === RESOURCE_MANAGER_XLOG && ((record.header[16] ?? 0) & 0xf0) === INFO_SWITCH;
    const segmentBytes = BigInt(this.#range.segmentBytes);
    if (isSwitch && this.#recordLsn % segmentBytes !== 0n)
      this.#recordLsn += segmentBytes - (this.#recordLsn % segmentBytes);
  }

  #broken(lsn: Lsn, what: string): HoldfastError {
    return new HoldfastError('DumpIncomplete', `the write-ahead log is not usable at ${formatLsn(lsn)}: ${what}`, {
      lsn: formatLsn(lsn),
    });
  }
}

const alignUp = (bytes: number): number => (bytes + 7) & ~7;
