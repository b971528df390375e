import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { noise, prose } from '../../../test/fakes/repository-kit.ts';
import type { ChunkSizes } from './chunk-sizes.ts';
import { CHUNK_SIZES } from './chunk-sizes.ts';
import { GearChunker } from './gear-chunker.ts';
import { cutLength } from './gear-twin.ts';

const tableOf = (seed: string): Uint32Array =>
  Uint32Array.from({ length: 256 }, (_, i) => noise(1024, seed).readUInt32LE(i * 4));
const TABLE = tableOf('gear');
const TINY: ChunkSizes = { min: 64, average: 256, max: 1024 };

function lengthsByModule(content: Buffer, sizes: ChunkSizes, table = TABLE): number[] {
  const chunker = new GearChunker({ table, sizes, memoryBytes: content.length + 64 });
  content.copy(chunker.memory);
  return cutAll(content.length, (at) => chunker.cut(at, content.length - at));
}

const lengthsByTwin = (content: Buffer, sizes: ChunkSizes, table = TABLE): number[] =>
  cutAll(content.length, (at) => cutLength(content.subarray(at), table, sizes));

function cutAll(length: number, cut: (at: number) => number): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < length; at += lengths.at(-1)!) lengths.push(cut(at));
  return lengths;
}

describe('gear chunker', () => {
  test('any content and any sizes - module and twin cut at the same places', () => {
    const sizes = fc.record({
      min: fc.integer({ min: 32, max: 200 }),
      bits: fc.integer({ min: 8, max: 10 }),
      more: fc.integer({ min: 0, max: 2000 }),
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6000 }), sizes, (bytes, { min, bits, more }) => {
        const chunkSizes = { min, average: 2 ** bits, max: 2 ** bits + more };
        const content = Buffer.from(bytes);

        expect(lengthsByModule(content, chunkSizes)).toEqual(lengthsByTwin(content, chunkSizes));
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['noise', noise(5_000_000)],
    ['prose', prose(5_000_000)],
    ['zeros', Buffer.alloc(3_000_000)],
  ])('%s with the sizes of files and dumps - module and twin cut at the same places', (_, content) => {
    for (const sizes of [CHUNK_SIZES.files, CHUNK_SIZES.dump]) {
      expect(lengthsByModule(content, sizes)).toEqual(lengthsByTwin(content, sizes));
    }
  });

  test.each([0, 1, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025])(
    'content of %i bytes - chunks fill it and keep their bounds',
    (length) => {
      const lengths = lengthsByModule(noise(length), TINY);

      expect(lengths.reduce((sum, each) => sum + each, 0)).toBe(length);
      expect(lengths.every((each) => each <= TINY.max)).toBe(true);
      expect(lengths.slice(0, -1).every((each) => each >= TINY.min)).toBe(true);
    },
  );

  test('content up to the smallest chunk - is one chunk', () => {
    expect(lengthsByModule(Buffer.alloc(TINY.min), TINY)).toEqual([TINY.min]);
  });

  test('noise - chunks have about the average length', () => {
    const lengths = lengthsByModule(noise(400_000), TINY);

    const average = 400_000 / lengths.length;
    expect(average).toBeGreaterThan(200);
    expect(average).toBeLessThan(450);
  });

  test('bytes inserted at the front - later cuts stay where the content is', () => {
    const content = noise(100_000);
    const changed = Buffer.concat([Buffer.from('seven!!'), content]);

    const before = new Set(endsOf(lengthsByModule(content, TINY)));
    const after = endsOf(lengthsByModule(changed, TINY)).map((end) => end - 7);

    expect(after.filter((end) => before.has(end)).length).toBeGreaterThan(before.size * 0.95);
  });

  test('two repositories - cut the same content at different places', () => {
    const content = noise(100_000);

    const first = new Set(endsOf(lengthsByModule(content, TINY, tableOf('one'))));
    const second = endsOf(lengthsByModule(content, TINY, tableOf('two')));

    expect(second.filter((end) => first.has(end)).length).toBeLessThan(second.length * 0.1);
  });
});

function endsOf(lengths: readonly number[]): number[] {
  let end = 0;
  return lengths.map((length) => (end += length));
}
