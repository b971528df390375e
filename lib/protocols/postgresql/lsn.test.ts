// Positions and segment names, against names that real servers gave.
import { describe, expect, test } from '@jest/globals';

import { formatLsn, isSegmentName, parseLsn, parseSegmentBytes, segmentName, segmentStart } from './lsn.ts';

const MEBIBYTE = 1024 * 1024;

describe('WAL positions', () => {
  test.each(['0/3000028', '16/B374D848', 'FFFFFFFF/FFFFFFFF', '0/0'])(
    '%s - read and written as the server writes it',
    (text) => {
      expect(formatLsn(parseLsn(text))).toBe(text);
    },
  );

  test.each(['', '0', '0/', '0/123456789', 'x/1', '0/1 ', null, undefined])('%p - refused', (text) => {
    expect(() => parseLsn(text)).toThrow(expect.objectContaining({ name: 'DumpIncomplete' }));
  });
});

describe('segment names', () => {
  // SELECT pg_walfile_name('16/B374D848') on PostgreSQL 15; the second with --wal-segsize=1, the third with 1024.
  test.each([
    [1, '16/B374D848', 16, '0000000100000016000000B3'],
    [3, '16/B374D848', 1, '000000030000001600000B37'],
    [1, '16/B374D848', 1024, '000000010000001600000002'],
    [10, '0/1000000', 16, '0000000A0000000000000001'],
  ])('timeline %i, %s, %i MiB - %s', (timeline, lsn, mebibytes, expected) => {
    const name = segmentName(timeline, parseLsn(lsn), mebibytes * MEBIBYTE);

    expect(name).toBe(expected);
    expect(isSegmentName(name)).toBe(true);
  });

  test('the last byte before a boundary - belongs to the segment before', () => {
    expect(segmentStart(parseLsn('0/2FFFFFF'), 16 * MEBIBYTE)).toBe(parseLsn('0/2000000'));
    expect(segmentStart(parseLsn('0/3000000'), 16 * MEBIBYTE)).toBe(parseLsn('0/3000000'));
  });

  test.each(['0000000100000016000000B3.partial', '00000002.history', 'archive_status'])(
    '%s - is no segment',
    (name) => {
      expect(isSegmentName(name)).toBe(false);
    },
  );

  test('segment sizes - as SHOW prints them, nothing else', () => {
    expect(parseSegmentBytes('16MB')).toBe(16 * MEBIBYTE);
    expect(parseSegmentBytes('1GB')).toBe(1024 * MEBIBYTE);
    for (const text of ['', '16', '3MB', '2GB', '16kB', null]) expect(() => parseSegmentBytes(text)).toThrow();
  });
});
