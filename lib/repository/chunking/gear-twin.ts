// The same cuts as gear.wat in plain TypeScript: the oracle of its tests, and the definition of the cut for a reader of the format.

import type { ChunkSizes } from './chunk-sizes.ts';
import { HASH_WINDOW_BYTES, cutMasks } from './chunk-sizes.ts';

/** Length of the chunk that begins at the start of `bytes`. */
export function cutLength(bytes: Uint8Array, table: Uint32Array, sizes: ChunkSizes): number {
  if (bytes.length <= sizes.min) return bytes.length;
  const masks = cutMasks(sizes);
  const length = Math.min(bytes.length, sizes.max);
  const average = Math.min(sizes.average, length);
  let hash = 0;
  for (let at = sizes.min - HASH_WINDOW_BYTES; at < length; at++) {
    hash = ((hash << 1) + table[bytes[at]!]!) | 0;
    if (at < sizes.min) continue;
    const mask = at < average ? masks.beforeAverage : masks.afterAverage;
    if ((hash & mask) === 0) return at + 1;
  }
  return length;
}
