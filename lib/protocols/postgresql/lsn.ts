// Log sequence numbers and WAL file names: where a byte of the write-ahead log lies, and what the file is called that holds it.

import { HoldfastError } from '../../domain/errors.ts';

/** A position in the write-ahead log, in bytes since the cluster was made. */
export type Lsn = bigint;

const LSN_TEXT = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/;
const SEGMENT_NAME = /^[0-9A-F]{24}$/;
const SEGMENT_BYTES_MIN = 1024 * 1024;
const SEGMENT_BYTES_MAX = 1024 * 1024 * 1024;

/** @throws DumpIncomplete when the server's answer is not a position */
export function parseLsn(text: string | null | undefined): Lsn {
  const match = LSN_TEXT.exec(text ?? '');
  if (!match) throw new HoldfastError('DumpIncomplete', `unable to read WAL position '${text ?? ''}'`);
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`);
}

/** As the server writes it: `0/1A2B3C4D`. */
export function formatLsn(lsn: Lsn): string {
  const high = (lsn >> 32n).toString(16).toUpperCase();
  const low = (lsn & 0xffffffffn).toString(16).toUpperCase();
  return `${high}/${low}`;
}

/** Position of the first byte of the segment that holds `lsn`. */
export const segmentStart = (lsn: Lsn, segmentBytes: number): Lsn => lsn - (lsn % BigInt(segmentBytes));

/** Name of the segment file that holds the byte at `lsn`. */
export function segmentName(timeline: number, lsn: Lsn, segmentBytes: number): string {
  const number = lsn / BigInt(segmentBytes);
  const segmentsPerId = 0x1_0000_0000n / BigInt(segmentBytes);
  return [BigInt(timeline), number / segmentsPerId, number % segmentsPerId].map(hexWord).join('');
}

export const isSegmentName = (name: string): boolean => SEGMENT_NAME.test(name);

/** `wal_segment_size` as SHOW prints it: `16MB`, `1GB`. @throws DumpIncomplete */
export function parseSegmentBytes(text: string | null | undefined): number {
  const match = /^(\d+)(MB|GB)$/.exec(text ?? '');
  const bytes = match ? Number(match[1]) * (match[2] === 'GB' ? SEGMENT_BYTES_MAX : SEGMENT_BYTES_MIN) : 0;
  const isPowerOfTwo = Number.isInteger(Math.log2(bytes));
  if (bytes < SEGMENT_BYTES_MIN || bytes > SEGMENT_BYTES_MAX || !isPowerOfTwo) {
    throw new HoldfastError('DumpIncomplete', `unable to read WAL segment size '${text ?? ''}'`);
  }
  return bytes;
}

const hexWord = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, '0');
