// Holes: found as aligned runs of zeros, told to the writer, bounded in number.

import { describe, expect, test } from '@jest/globals';

import type { ContentWriter } from '../../ports/engine.ts';
import { HOLE_BYTES_MIN, SparseReader } from './sparse.ts';

const HOLE = Buffer.alloc(HOLE_BYTES_MIN);
const DATA = Buffer.alloc(HOLE_BYTES_MIN, 1);

function recorder(): { readonly writer: ContentWriter; readonly calls: string[] } {
  const calls: string[] = [];
  const refuse = (): never => {
    throw new Error('not used here');
  };
  const writer: ContentWriter = {
    reserve: refuse,
    commit: refuse,
    close: refuse,
    write: async (bytes) => void calls.push(`write ${bytes.length}`),
    skip: async (length) => void calls.push(`skip ${length}`),
  };
  return { writer, calls };
}

describe('sparse reader', () => {
  test('hole between data - skipped once, ranges of the data kept', async () => {
    const { writer, calls } = recorder();
    const reader = new SparseReader(writer);

    await reader.take(Buffer.concat([DATA, HOLE, HOLE, DATA, DATA]));
    await reader.end();

    expect(calls).toEqual([
      `write ${HOLE_BYTES_MIN}`,
      `skip ${2 * HOLE_BYTES_MIN}`,
      `write ${HOLE_BYTES_MIN}`,
      `write ${HOLE_BYTES_MIN}`,
    ]);
    expect(reader.ranges()).toEqual({
      dataRanges: [
        [0, HOLE_BYTES_MIN],
        [3 * HOLE_BYTES_MIN, 2 * HOLE_BYTES_MIN],
      ],
    });
    expect(reader.dataBytes).toBe(3 * HOLE_BYTES_MIN);
  });

  test('hole at the end, of an odd length - skipped to the last byte', async () => {
    const { writer, calls } = recorder();
    const reader = new SparseReader(writer);

    await reader.take(Buffer.concat([DATA, HOLE]));
    await reader.take(HOLE.subarray(0, 5));
    await reader.end();

    expect(calls.at(-1)).toBe(`skip ${HOLE_BYTES_MIN + 5}`);
  });

  test('nothing but a hole - no data at all', async () => {
    const { writer } = recorder();
    const reader = new SparseReader(writer);

    await reader.take(HOLE);
    await reader.end();

    expect(reader.ranges()).toEqual({ dataRanges: [] });
  });

  test('zeros shorter than a hole - data, and no ranges at all', async () => {
    const { writer, calls } = recorder();
    const reader = new SparseReader(writer);
    const nearlyZero = Buffer.from(HOLE);
    nearlyZero[HOLE_BYTES_MIN - 1] = 1;

    await reader.take(nearlyZero);
    await reader.end();

    expect(calls).toEqual([`write ${HOLE_BYTES_MIN}`]);
    expect(reader.ranges()).toEqual({});
  });

  test('file of very many pieces - the list of ranges stays bounded and no byte is lost', async () => {
    const { writer, calls } = recorder();
    const reader = new SparseReader(writer);
    const pieces = 5000;

    for (let piece = 0; piece < pieces; piece++) await reader.take(Buffer.concat([DATA, HOLE]));
    await reader.end();

    const { dataRanges = [] } = reader.ranges();
    expect(dataRanges.length).toBeLessThanOrEqual(4096);
    const bytes = calls.reduce((sum, call) => sum + Number(call.split(' ')[1]), 0);
    expect(bytes).toBe(pieces * 2 * HOLE_BYTES_MIN);
  });
});
