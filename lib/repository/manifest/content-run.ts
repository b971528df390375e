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
export function addToRuns(runs: { attempt: string; firstChunk: number; chunks: number }[], attempt: string, chunk: number): void {
  const last = runs.at(-1);
  if (last?.attempt === attempt && last.firstChunk + last.chunks === chunk) last.chunks += 1;
  else runs.push({ attempt, firstChunk: chunk, chunks: 1 });
}
