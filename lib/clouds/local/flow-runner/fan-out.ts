// Runs the items of a Map or the branches of a Parallel: all or nothing, at most so many at once.

import type { JsonValue } from '../../../domain/json.ts';
import { Halted, haltIfAborted } from './failure.ts';

export interface FanOut {
  readonly count: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly runOne: (index: number, signal: AbortSignal) => Promise<JsonValue>;
}

/**
 * The outputs in order. The first failure stops the siblings and is thrown only after every one of them has ended: otherwise a dump
 * would begin or go on after the machine has marked its backup as failed.
 */
export async function fanOut({ count, concurrency, signal, runOne }: FanOut): Promise<readonly JsonValue[]> {
  const siblings = new AbortController();
  const inner = AbortSignal.any([signal, siblings.signal]);
  const outputs = new Array<JsonValue>(count).fill(null);
  const failures: unknown[] = [];
  let next = 0;

  const lane = async (): Promise<void> => {
    while (next < count && !inner.aborted) {
      const index = next++;
      try {
        outputs[index] = await runOne(index, inner);
      } catch (error) {
        failures.push(error);
        siblings.abort(new Halted('a sibling failed'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane));

  // Told to stop from outside, items may be missing without any failure.
  haltIfAborted(signal);
  if (failures.length > 0) throw failures[0];
  return outputs;
}
