// Writes a unit's entries: first directories, files and special files, then links, so that nothing is ever written through a link that
// the same restore made.

import {
  closeSync,
  constants,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';

import type { StoredEntry } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { DirectoryHandle } from './directory-handle.ts';
import { linkTargetOf, pathKey, unsafe } from './entry-paths.ts';
import type { Findings } from './findings.ts';
import { shownPath } from './findings.ts';
import { isWanted } from './restore-check.ts';
import type { RestorePlan } from './restore-check.ts';
import { onTarget } from './restore-errors.ts';
import type { MetadataWriter } from './restore-metadata.ts';
import type { SystemCalls } from './system-calls.ts';
import { TreeCursor } from './tree-cursor.ts';
import type { Place } from './tree-cursor.ts';
import type { Turns } from './turns.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

const NODE_TYPES = { fifo: 0o010000, 'character-device': 0o020000, 'block-device': 0o060000 } as const;

export interface UnitRestore {
  readonly plan: RestorePlan;
  readonly root: DirectoryHandle;
  /** Something may stand where an entry goes: it is replaced by a rename. Otherwise that is an error. */
  readonly mayReplace: boolean;
  /** Another one each time. */
  readonly temporaryName: () => Buffer;
  /** What is in the target beside the entries: an error, told and left alone, or the place of another unit. */
  readonly extras: 'refused' | 'told' | 'ignored';
  readonly metadata: MetadataWriter;
  readonly calls: SystemCalls | undefined;
  readonly findings: Findings;
  /** Devices and fifos that could not be made; the findings name them. */
  readonly missingNodes: Set<string>;
  readonly turns: Turns;
  readonly wrote: (bytes: number) => void;
}

export async function writeFiles(restore: UnitRestore): Promise<void> {
  const cursor = new TreeCursor(restore.root);
  try {
    for await (const { entry, path } of contentEntries(restore.plan)) {
      if (cursor.leavesFor(path)) await restore.metadata.flush();
      await onTarget(path, async () => await writeEntry({ ...entry, path }, entry, cursor, restore));
      const turn = restore.turns.take();
      if (turn !== undefined) await turn;
    }
    await restore.metadata.flush();
  } finally {
    restore.metadata.discard();
    cursor.close();
  }
}

export async function writeLinks(restore: UnitRestore): Promise<void> {
  const cursor = new TreeCursor(restore.root);
  const targets = new TreeCursor(restore.root);
  try {
    for await (const entry of restore.plan.unit.entries()) {
      if (!isLinkToWrite(entry, restore.plan)) continue;
      if (cursor.leavesFor(entry.path)) await restore.metadata.flush();
      await onTarget(entry.path, async () => {
        if (entry.kind === 'symlink') await writeSymlink(entry, cursor, restore);
        else writeHardLink(entry, cursor, targets, restore);
      });
      const turn = restore.turns.take();
      if (turn !== undefined) await turn;
    }
    await restore.metadata.flush();
  } finally {
    restore.metadata.discard();
    cursor.close();
    targets.close();
  }
}

/** Everything but links, each with the path it goes to: its own, or that of the selected link that stands in for it. */
export async function* contentEntries({
  unit,
  selection,
  standIns,
}: RestorePlan): AsyncGenerator<{ entry: StoredEntry; path: Buffer }> {
  for await (const entry of unit.entries()) {
    if (entry.kind === 'symlink' || entry.kind === 'hardlink') continue;
    const path = isWanted(entry, selection)
      ? entry.path
      : entry.kind === 'file'
        ? standIns.get(pathKey(entry.path))
        : undefined;
    if (path !== undefined) yield { entry, path };
  }
}

/** The path under which a hard link's content was restored. */
export function contentPathOf(link: StoredEntry, { selection, standIns }: RestorePlan): Buffer {
  const first = linkTargetOf(link);
  return selection.includes(first) ? first : (standIns.get(pathKey(first)) ?? first);
}

function isLinkToWrite(entry: StoredEntry, plan: RestorePlan): boolean {
  if (!isWanted(entry, plan.selection)) return false;
  if (entry.kind === 'symlink') return true;
  return entry.kind === 'hardlink' && !contentPathOf(entry, plan).equals(entry.path);
}

async function writeEntry(
  entry: StoredEntry,
  source: StoredEntry,
  cursor: TreeCursor,
  restore: UnitRestore,
): Promise<void> {
  if (entry.kind === 'directory') return cursor.makeDirectory(entry.path);
  const place = cursor.placeOf(entry.path);
  const writing = startPlace(place, restore);
  if (entry.kind !== 'file') return await makeNode(entry, writing, restore);
  const fd = openSync(
    writing.place.directory.child(writing.place.name),
    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
    0o600,
  );
  try {
    await writeContent(fd, source, restore);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  await restore.metadata.add({ entry, ...writing, fd, closesFd: true });
}

interface Writing {
  readonly place: Place;
  readonly finalName?: Buffer;
}

/** The name to write under: the entry's own, or a temporary one beside what is to be replaced. */
function startPlace(place: Place, { mayReplace, temporaryName }: UnitRestore): Writing {
  if (!mayReplace) return { place };
  const name = temporaryName();
  // A killed attempt may have left it; nobody else uses such a name.
  rmSync(place.directory.child(name), { force: true });
  return { place: { directory: place.directory, name }, finalName: place.name };
}

async function writeContent(fd: number, entry: StoredEntry, { plan, turns, wrote }: UnitRestore): Promise<void> {
  let offset = 0;
  const ranges = [...(entry.dataRanges ?? [[0, entry.sizeBytes] as const])];
  for await (const bytes of plan.unit.read(entry)) {
    writeRanges(fd, bytes, offset, ranges);
    offset += bytes.length;
    wrote(bytes.length);
    const turn = turns.take();
    if (turn !== undefined) await turn;
  }
  if (offset !== entry.sizeBytes) {
    const message = `unable to restore '${shownPath(entry.path)}': it has ${offset} bytes, not ${entry.sizeBytes}`;
    throw new HoldfastError('IntegrityViolation', message, { bytes: offset, expected: entry.sizeBytes });
  }
  // A hole at the end takes no write, and a crafted size is caught above.
  if (entry.dataRanges !== undefined) ftruncateSync(fd, entry.sizeBytes);
}

/** Holes stay holes: only what lies in a data range is written. The comparison afterwards reads them as the zeros they must be. */
function writeRanges(fd: number, bytes: Uint8Array, offset: number, ranges: (readonly [number, number])[]): void {
  const end = offset + bytes.length;
  for (let range = ranges[0]; range !== undefined && range[0] < end; range = ranges[0]) {
    const [start, length] = range;
    const from = Math.max(start, offset);
    const to = Math.min(start + length, end);
    if (from < to) writeFully(fd, bytes.subarray(from - offset, to - offset), from);
    if (start + length > end) return;
    ranges.shift();
  }
}

function writeFully(fd: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
}

async function makeNode(
  entry: StoredEntry,
  writing: Writing,
  { calls, findings, metadata, missingNodes }: UnitRestore,
): Promise<void> {
  const kind = entry.kind as keyof typeof NODE_TYPES;
  const path = writing.place.directory.childForOthers(writing.place.name);
  const call = {
    kind: 'make-node',
    path,
    mode: NODE_TYPES[kind] | 0o600,
    deviceNumber: entry.deviceNumber ?? 0,
  } as const;
  const errno = (await calls?.make([call]))?.[0]?.errno;
  if (errno === 0) return await metadata.add({ entry, ...writing });
  // A device needs root; a tree without it is still the tree. The comparison leaves out what is named here.
  findings.warn(
    `unable to make a ${kind} (${errno === undefined ? 'perl is not installed' : `errno ${errno}`})`,
    entry.path,
  );
  missingNodes.add(pathKey(entry.path));
}

async function writeSymlink(entry: StoredEntry, cursor: TreeCursor, restore: UnitRestore): Promise<void> {
  const writing = startPlace(cursor.placeOf(entry.path), restore);
  symlinkSync(linkTargetOf(entry), writing.place.directory.child(writing.place.name));
  await restore.metadata.add({ entry, ...writing });
}

/** Links by open directories to a regular file: a symlink on the way or as the target would lead out of the tree. */
function writeHardLink(entry: StoredEntry, cursor: TreeCursor, targets: TreeCursor, restore: UnitRestore): void {
  const target = targets.find(contentPathOf(entry, restore.plan));
  const targetPath = target?.directory.child(target.name);
  if (targetPath === undefined || lstatSync(targetPath, { throwIfNoEntry: false })?.isFile() !== true) {
    throw unsafe(entry.path, 'its hard link leads to no file of this backup');
  }
  const { place, finalName } = startPlace(cursor.placeOf(entry.path), restore);
  linkSync(targetPath, place.directory.child(place.name));
  if (finalName === undefined) return;
  renameSync(place.directory.child(place.name), place.directory.child(finalName));
  // Two names of one inode are not renamed onto each other; the temporary one then remains.
  rmSync(place.directory.child(place.name), { force: true });
}
