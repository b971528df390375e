import { constants, zstdCompressSync } from 'node:zlib';

import { describe, expect, test } from '@jest/globals';

import { noise, prose } from '../../../test/fakes/repository-kit.ts';
import { compress, compressNow, decompress, decompressNow } from './compression.ts';

const ZSTD = { algorithm: 'zstd', level: 3 } as const;
const violation = { name: 'IntegrityViolation', facts: { key: 'k' } };

describe('compression', () => {
  test.each([1, 100, 65_535, 65_536, 70_000, 1_000_000])(
    'prose of %i bytes - is one frame, the same as the synchronous one',
    async (length) => {
      const raw = prose(length);

      const { compression, payload } = await compress(raw, ZSTD);

      const expected = zstdCompressSync(raw, {
        params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
      });
      expect(compression === 'none' ? raw : payload).toEqual(compression === 'none' ? raw : expected);
      expect((await decompress(payload, compression, length, 'k')).equals(raw)).toBe(true);
      expect(decompressNow(payload, compression, length, 'k').equals(raw)).toBe(true);
    },
  );

  test('noise - is left as it is', async () => {
    expect((await compress(noise(200_000), ZSTD)).compression).toBe('none');
    expect((await compress(noise(100), ZSTD)).compression).toBe('none');
    expect(compressNow(noise(100)).compression).toBe('none');
  });

  test('noise with text in one of its quarters - is compressed', async () => {
    const raw = Buffer.concat([noise(100_000), prose(100_000), noise(200_000)]);

    expect((await compress(raw, ZSTD)).payload.length).toBeLessThan(330_000);
  });

  test.each(['zstd', 'gzip'] as const)(
    'a %s frame of another length than recorded - is refused, and never more than that length decoded',
    async (algorithm) => {
      const { payload } = await compress(Buffer.alloc(10_000_000), { algorithm, level: 3 });

      for (const wrong of [1, 9_999_999, 10_000_001]) {
        await expect(decompress(payload, algorithm, wrong, 'k')).rejects.toMatchObject(violation);
        expect(() => decompressNow(payload, algorithm, wrong, 'k')).toThrow(expect.objectContaining(violation));
      }
    },
  );

  test.each(['zstd', 'gzip'] as const)('a cut or changed %s frame - is refused', async (algorithm) => {
    const raw = prose(50_000);
    const { payload } = await compress(raw, { algorithm, level: 3 });

    for (const cut of [payload.length - 1, payload.length >>> 1, 3, 0]) {
      await expect(decompress(payload.subarray(0, cut), algorithm, raw.length, 'k')).rejects.toMatchObject(violation);
    }
    const flipped = Buffer.from(payload);
    flipped[payload.length >>> 1]! ^= 8;
    await expect(decompress(flipped, algorithm, raw.length, 'k')).rejects.toMatchObject(violation);
  });

  test('bytes called raw - have to have the recorded length', async () => {
    await expect(decompress(Buffer.alloc(5), 'none', 6, 'k')).rejects.toMatchObject(violation);
  });
});
