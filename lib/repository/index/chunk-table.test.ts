import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { noise } from '../../../test/fakes/repository-kit.ts';
import { ChunkTable } from './chunk-table.ts';

const idOf = (value: number): Buffer => noise(32, `id/${String(value)}`);

describe('chunk table', () => {
  test('any sequence of chunks - is found again as a map would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 300 }), (values) => {
        const table = new ChunkTable();
        const map = new Map<number, number>();
        for (const [number, value] of values.entries()) {
          expect(table.add(idOf(value), 3, number)).toBe(!map.has(value));
          if (!map.has(value)) map.set(value, number);
        }

        for (let value = 0; value <= 61; value++) {
          const row = table.find(idOf(value));
          expect(row < 0 ? undefined : table.numberOf(row)).toBe(map.get(value));
        }
        expect(table.size).toBe(map.size);
      }),
    );
  });

  test('many chunks - growing keeps every place and id', () => {
    const table = new ChunkTable();

    for (let i = 0; i < 20_000; i++) table.add(idOf(i), i % 7, i * 2);

    for (const i of [0, 1, 1023, 1024, 9_999, 19_999]) {
      const row = table.find(idOf(i));
      expect([row, table.attemptOf(row), table.numberOf(row)]).toEqual([i, i % 7, i * 2]);
    }
    expect(table.idsOf(19_998, 2)).toEqual(Buffer.concat([idOf(19_998), idOf(19_999)]));
  });

  test('ids that begin alike - are told apart', () => {
    const table = new ChunkTable();
    const first = Buffer.alloc(32);
    const second = Buffer.alloc(32);
    second[31] = 1;

    table.add(first, 0, 1);

    expect(table.find(second)).toBeLessThan(0);
    table.add(second, 0, 2);
    expect([table.numberOf(table.find(first)), table.numberOf(table.find(second))]).toEqual([1, 2]);
  });
});
