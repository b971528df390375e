// Reads a unit's whole manifest before anything is written: every path must be safe, in order and once, every selected path present.
// A restore that must fail should fail here, while the target is still untouched.

import type { StoredEntry } from '../../domain/entry.ts';
import { comparePaths } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { PointReader } from '../../ports/engine.ts';
import { isBelow, linkTargetOf, pathKey, safeComponents, unsafe } from './entry-paths.ts';
import type { Selection } from './restore-selection.ts';
import type { Turns } from './turns.ts';

export interface RestorePlan {
  readonly unit: PointReader;
  readonly selection: Selection;
  readonly entries: number;
  /** What the target must have room for: holes are not counted. */
  readonly dataBytes: number;
  /** A selected hard link whose first name was not selected takes its content: first name -> the link that stands in for it. */
  readonly standIns: ReadonlyMap<string, Buffer>;
}

/** @throws UnsafePath, IntegrityViolation when the manifest has not what the recovery point says */
export async function checkUnit(unit: PointReader, selection: Selection, turns: Turns): Promise<RestorePlan> {
  const standIns = new Map<string, Buffer>();
  const counts = { entries: 0, dataBytes: 0, files: 0 };
  const order = new ManifestOrder();
  for await (const entry of unit.entries()) {
    order.take(entry);
    assertSafe(entry);
    if (entry.kind === 'file' || entry.kind === 'hardlink') counts.files++;
    if (isWanted(entry, selection)) {
      counts.entries++;
      counts.dataBytes += dataBytesOf(entry);
      noteStandIn(entry, selection, standIns);
    }
    const turn = turns.take();
    if (turn !== undefined) await turn;
  }
  assertComplete(unit, counts.files);
  return { unit, selection, entries: counts.entries, dataBytes: counts.dataBytes, standIns };
}

export function isWanted(entry: StoredEntry, selection: Selection): boolean {
  return selection.includes(entry.path) || (entry.kind === 'directory' && selection.leadsTo(entry.path));
}

/** Every path once, in order, and in a directory that came before it: so nothing can lead through a link or a file. */
class ManifestOrder {
  #previous: Buffer | undefined;
  readonly #directories: Buffer[] = [];

  take({ path, kind }: StoredEntry): void {
    safeComponents(path);
    if (this.#previous !== undefined && comparePaths(this.#previous, path) >= 0) {
      throw unsafe(path, 'it comes twice or out of order');
    }
    this.#previous = path;
    while (this.#directories.length > 0 && !isBelow(path, this.#directories.at(-1)!)) this.#directories.pop();
    const parent = path.subarray(0, Math.max(path.lastIndexOf(SLASH), 0));
    if (!parent.equals(this.#directories.at(-1) ?? ROOT))
      throw unsafe(path, 'it lies in no directory of the recovery point');
    if (kind === 'directory') this.#directories.push(path);
  }
}

function assertSafe(entry: StoredEntry): void {
  if (entry.kind === 'symlink') linkTargetOf(entry);
  if (entry.kind === 'hardlink') {
    safeComponents(linkTargetOf(entry));
    if (comparePaths(linkTargetOf(entry), entry.path) >= 0)
      throw unsafe(entry.path, 'its hard link does not lead to an earlier entry');
  }
  if (entry.kind === 'file' && entry.sha256 === undefined) {
    throw new HoldfastError('IntegrityViolation', 'unable to restore a file without a recorded hash');
  }
}

function noteStandIn(entry: StoredEntry, selection: Selection, standIns: Map<string, Buffer>): void {
  if (entry.kind !== 'hardlink') return;
  const first = linkTargetOf(entry);
  if (!selection.includes(first) && !standIns.has(pathKey(first))) standIns.set(pathKey(first), entry.path);
}

/** Trap 51: a restore that is missing parts must not end well. */
function assertComplete(unit: PointReader, files: number): void {
  const expected = unit.facts.includedFiles;
  if (expected === undefined || expected === files) return;
  throw new HoldfastError(
    'IntegrityViolation',
    `unable to restore unit '${unit.unit}': it has ${files} files, not ${expected}`,
    {
      unit: unit.unit,
      files,
      expected,
    },
  );
}

function dataBytesOf(entry: StoredEntry): number {
  return entry.dataRanges?.reduce((sum, [, length]) => sum + length, 0) ?? entry.sizeBytes;
}

const SLASH = 0x2f;
const ROOT = Buffer.alloc(0);
