// The mark of an unfinished restore: there from before the first written byte until everything was compared. A tree that has it is not
// whole. It also tells a second attempt of the same restore, after a crash, that what stands in the target is its own.

import { closeSync, constants, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';

import type { DirectoryHandle } from './directory-handle.ts';
import { errorCode } from './findings.ts';
import { MARKER_DRAFT_NAME, MARKER_NAME } from './reserved-names.ts';

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = constants;
const MARKER_BYTES_MAX = 4096;

export interface Marker {
  /** What is being restored: a hash over the recovery point's units. */
  readonly identity: string;
  /** The target directory did not exist before the restore. */
  readonly madeTarget: boolean;
}

export function readMarker(root: DirectoryHandle): Marker | undefined {
  try {
    const fd = openSync(root.child(MARKER_NAME), O_RDONLY | O_NOFOLLOW);
    try {
      const bytes = Buffer.alloc(MARKER_BYTES_MAX);
      const marker = JSON.parse(bytes.toString('utf8', 0, readSync(fd, bytes))) as Partial<Marker>;
      return { identity: String(marker.identity), madeTarget: marker.madeTarget === true };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    // An unreadable marker is nobody's: the target then counts as not empty.
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Durable when it returns. Renamed into its place, because a kill between making and writing would leave an empty mark, by which no
 * later attempt could know the remains as its own.
 */
export function placeMarker(root: DirectoryHandle, marker: Marker): void {
  const fd = openSync(root.child(MARKER_DRAFT_NAME), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, JSON.stringify(marker));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(root.child(MARKER_DRAFT_NAME), root.child(MARKER_NAME));
  root.sync();
}

/** The moment a restored tree becomes whole. */
export function removeMarker(root: DirectoryHandle): void {
  rmSync(root.child(MARKER_NAME), { force: true });
  root.sync();
}
