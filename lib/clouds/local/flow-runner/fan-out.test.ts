import { describe, expect, test } from '@jest/globals';

import { Halted } from './failure.ts';
import { fanOut } from './fan-out.ts';

describe('fanOut', () => {
  test('a failure - begins no further item, even when the items ignore their signal', async () => {
    const begun: number[] = [];

    const work = fanOut({
      count: 5,
      concurrency: 2,
      signal: new AbortController().signal,
      runOne: async (index) => {
        begun.push(index);
        await Promise.resolve();
        if (index === 0) throw new Error('first');
        throw new Error('later');
      },
    });

    await expect(work).rejects.toThrow('first');
    expect(begun).toEqual([0, 1]);
  });

  test('told to stop between two items - gives no partial result', async () => {
    const stopper = new AbortController();

    const work = fanOut({
      count: 3,
      concurrency: 1,
      signal: stopper.signal,
      runOne: async (index) => {
        stopper.abort();
        return await Promise.resolve(index);
      },
    });

    await expect(work).rejects.toBeInstanceOf(Halted);
  });
});
