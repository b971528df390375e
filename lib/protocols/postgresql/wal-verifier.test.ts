// The WAL walk on synthetic logs: records over page and segment borders, a log switch, and every kind of damage.
import { describe, expect, test } from '@jest/globals';

import { CRC32C_START, crc32cFinish, crc32cUpdate } from './crc32c.ts';
import { WalVerifier } from './wal-verifier.ts';

const PAGE = 8192;
const SEGMENT = 1024 * 1024;
const START_SEGMENT = BigInt(SEGMENT) * 5n;
const SYSTEM = 7710278392035922555n;
const SWITCH = { resourceManager: 0, info: 0x40 };

interface Log {
  readonly bytes: Buffer;
  readonly starts: readonly bigint[];
  readonly end: bigint;
}

/** Lays records out as the server does: 8-byte aligned, a header on every page, long ones at the start of a segment. */
function writeLog(sizes: readonly number[], { switchAfter = -1, segments = 2 } = {}): Log {
  const bytes = Buffer.alloc(SEGMENT * segments);
  const starts: bigint[] = [];
  let offset = 0;
  let previous = 0n;
  const openPage = (remaining: number): void => {
    const isLong = offset % SEGMENT === 0;
    bytes.writeUInt16LE(0xd110, offset);
    bytes.writeUInt16LE((isLong ? 2 : 0) | (remaining > 0 ? 1 : 0), offset + 2);
    bytes.writeUInt32LE(1, offset + 4);
    bytes.writeBigUInt64LE(START_SEGMENT + BigInt(offset), offset + 8);
    bytes.writeUInt32LE(remaining, offset + 16);
    if (isLong) bytes.writeBigUInt64LE(SYSTEM, offset + 24);
    offset += isLong ? 40 : 24;
  };
  for (const [index, size] of sizes.entries()) {
    if (offset % PAGE === 0) openPage(0);
    const record = Buffer.alloc(size, index + 1);
    record.writeUInt32LE(size, 0);
    record.writeBigUInt64LE(previous, 8);
    record[16] = index === switchAfter ? SWITCH.info : 0x10;
    record[17] = index === switchAfter ? SWITCH.resourceManager : 10;
    const crc = crc32cFinish(crc32cUpdate(crc32cUpdate(CRC32C_START, record.subarray(24)), record.subarray(0, 20)));
    record.writeUInt32LE(crc, 20);
    previous = START_SEGMENT + BigInt(offset);
    starts.push(previous);
    for (let done = 0; done < size;) {
      if (offset % PAGE === 0) openPage(size - done);
      const length = Math.min(size - done, PAGE - (offset % PAGE));
      record.copy(bytes, offset, done, done + length);
      offset += length;
      done += length;
    }
    offset = (offset + 7) & ~7;
    if (index === switchAfter) offset = Math.ceil(offset / SEGMENT) * SEGMENT;
  }
  return { bytes, starts, end: START_SEGMENT + BigInt(offset) };
}

function walk(
  log: Log,
  { from = log.starts[0], to = log.end, bytes = log.bytes, pieceBytes = 5000, system = SYSTEM } = {},
): number {
  const verifier = new WalVerifier({
    startLsn: from ?? 0n,
    timeline: 1,
    systemIdentifier: String(system),
    segmentBytes: SEGMENT,
  });
  const length = Number(to - START_SEGMENT);
  for (let offset = 0; offset < length; offset += pieceBytes) {
    verifier.update(bytes.subarray(offset, Math.min(offset + pieceBytes, length)));
  }
  return verifier.finish(to);
}

const sizes = Array.from({ length: 300 }, (_, index) => 24 + ((index * 977) % 9000));

describe('WAL walk', () => {
  test.each([1, 100, 8192, 8193, SEGMENT * 2])('pieces of %i bytes - every record is seen', (pieceBytes) => {
    expect(walk(writeLog(sizes), { pieceBytes })).toBe(sizes.length);
  });

  test('a start in the middle - walks from there', () => {
    const log = writeLog(sizes);

    expect(walk(log, { from: log.starts[100] })).toBe(200);
  });

  test('every possible end that is no end of a record - DumpIncomplete', () => {
    const log = writeLog(sizes.slice(0, 7));
    const ends = new Set([...log.starts.slice(1), log.end]);
    for (let to = (log.starts[0] ?? 0n) + 8n; to < log.end; to += 8n) {
      const isOnPageHeader = Number(to % BigInt(PAGE)) <= 24;
      if (!ends.has(to) && !isOnPageHeader) {
        expect(() => walk(log, { to })).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
      }
    }
  });

  test('a log switch - the rest of the segment is empty and the next record begins in the next one', () => {
    const log = writeLog([100, 24, 500, 9000], { switchAfter: 1 });

    expect(walk(log)).toBe(4);
  });

  test('a flipped bit anywhere in the walked range - DumpIncomplete', () => {
    const log = writeLog(sizes.slice(0, 40));
    const length = Number(log.end - START_SEGMENT);
    let noticed = 0;
    let tried = 0;
    for (let byte = 40; byte < length; byte += 397) {
      const bytes = Buffer.from(log.bytes);
      bytes[byte] = (bytes[byte] ?? 0) ^ 0x10;
      tried++;
      try {
        walk(log, { bytes });
      } catch (error) {
        expect(error).toMatchObject({ name: 'DumpIncomplete' });
        noticed++;
      }
    }

    // Not covered by any checksum: alignment bytes between records and the unused parts of page headers.
    expect(noticed / tried).toBeGreaterThan(0.99);
  });

  test('a page of zeros, of another place, or of another server - DumpIncomplete', () => {
    const log = writeLog(sizes);
    const zeroed = Buffer.from(log.bytes);
    zeroed.fill(0, PAGE * 3, PAGE * 4);
    const swapped = Buffer.from(log.bytes);
    log.bytes.copy(swapped, PAGE * 3, PAGE * 4, PAGE * 5);

    for (const damage of [{ bytes: zeroed }, { bytes: swapped }, { system: SYSTEM + 1n }]) {
      expect(() => walk(log, damage)).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
    }
  });

  test('a record taken out whole - noticed by the link to the one before', () => {
    const log = writeLog([64, 64, 64, 64]);
    const offset = Number((log.starts[2] ?? 0n) - START_SEGMENT);
    const cut = Buffer.concat([log.bytes.subarray(0, offset - 64), log.bytes.subarray(offset)]);

    expect(() => walk(log, { bytes: cut, to: log.end - 64n })).toThrow(
      expect.objectContaining({ name: 'DumpIncomplete' }),
    );
  });

  test('bytes that end before the end position - DumpIncomplete', () => {
    const log = writeLog(sizes);
    const verifier = new WalVerifier({
      startLsn: log.starts[0] ?? 0n,
      timeline: 1,
      systemIdentifier: String(SYSTEM),
      segmentBytes: SEGMENT,
    });
    verifier.update(log.bytes.subarray(0, PAGE * 2));

    expect(() => verifier.finish(log.end)).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
  });
});
