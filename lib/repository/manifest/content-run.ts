// Where a file's content lies: runs of consecutive chunks of one attempt, in the order of the content.

import type { StoredEntry } from '../../domain/entry.ts';

export interface ContentRun {
  readonly attempt: string;
  readonly firstChunk: number;
  readonly chunks: number;
}

/** An entry as a manifest holds it. */
export interface ManifestEntry extends StoredEntry {
  readonly content: readonly ContentRun[];
}

/** Appends one chunk, lengthening the last run when it follows. */
export function addToRuns(
  runs: { attempt: string; firstChunk: number; chunks: number }[],
  attempt: string,
  chunk: number,
): void {
  const last = runs.at(-1);
  if (last?.attempt === attempt && last.firstChunk + last.chunks === chunk) last.chunks += 1;
  else runs.push({ attempt, firstChunk: chunk, chunks: 1 });
}

/** The run of a file that is one chunk without holes: that chunk's digest is the file's hash. */
export function onlyChunkOf(entry: ManifestEntry): ContentRun | undefined {
  const [only] = entry.content;
  return entry.dataRanges === undefined && entry.content.length === 1 && only?.chunks === 1 ? only : undefined;
}
