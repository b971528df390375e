// The checksum against the published check value and vectors of RFC 3720, appendix B.4.
import { describe, expect, test } from '@jest/globals';

import { CRC32C_START, crc32cFinish, crc32cUpdate } from './crc32c.ts';

const crc = (bytes: Uint8Array): number => crc32cFinish(crc32cUpdate(CRC32C_START, bytes));

describe('CRC-32C', () => {
  test.each([
    ['check value', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['rising', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ])('%s', (_what, bytes, expected) => {
    expect(crc(bytes)).toBe(expected);
  });

  test('in any two parts - the same', () => {
    const bytes = Buffer.from('The quick brown fox jumps over the lazy dog');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const state = crc32cUpdate(CRC32C_START, bytes.subarray(0, cut));
      expect(crc32cFinish(crc32cUpdate(state, bytes.subarray(cut)))).toBe(crc(bytes));
    }
  });
});
