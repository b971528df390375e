// Tests how the progress of many jobs is told as one.

import { describe, expect, test } from '@jest/globals';
import { summed } from './operations.ts';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const job = (name: string, startedAt: number, doneBytes: number, totalBytes?: number) => ({
  job: name,
  phase: name,
  startedAt: at(startedAt),
  doneBytes,
  ...(totalBytes !== undefined && { totalBytes }),
});

describe('summed', () => {
  test('no jobs yet - nothing is told', () => {
    expect(summed([], 0)).toBeUndefined();
  });

  test('two dumps - bytes added, rate since the first began, time left by it', () => {
    expect(summed([job('dump.0', 0, 100, 200), job('dump.1', 5, 100, 200)], 10_000)).toEqual({
      phase: 'dump.1',
      done: 200,
      total: 400,
      bytesPerSecond: 20,
      etaSeconds: 10,
    });
  });

  test('a later kind of work - the bytes of the earlier kind are not added to it', () => {
    expect(summed([job('dump.0', 0, 900, 900), job('verify', 100, 300, 900)], 110_000)).toMatchObject({
      phase: 'verify',
      done: 300,
      total: 900,
    });
  });

  test('one job without a total - no total and no time left', () => {
    const progress = summed([job('dump.0', 0, 100), job('dump.1', 0, 100, 200)], 10_000);

    expect(progress).toEqual({ phase: expect.any(String), done: 200, bytesPerSecond: 20 });
  });

  test('the first seconds - no time left is guessed', () => {
    expect(summed([job('dump.0', 0, 6, 3_000_000)], 1000)).not.toHaveProperty('etaSeconds');
    expect(summed([job('dump.0', 0, 6, 3_000_000)], 10_000)).not.toHaveProperty('etaSeconds');
  });

  test('a finished job whose last report is old - counts as whole', () => {
    const jobs = [{ ...job('dump.0', 0, 6, 100), state: 'succeeded' as const }, job('dump.1', 0, 50, 100)];

    expect(summed(jobs, 10_000)).toMatchObject({ done: 150, total: 200 });
  });
});
