// Reads back everything that a restore wrote and compares it with the recovery point; finishes each directory once all below it is
// done, because every change inside it would change its times. Differences are collected, and the first are named.

import { createHash } from 'node:crypto';
import { closeSync, constants, fchmodSync, lstatSync, openSync, readlinkSync, readSync, rmSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

import type { StoredEntry } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { isBelow, linkTargetOf, pathKey } from './entry-paths.ts';
import { joinPath } from './directory-handle.ts';
import { errorCode, shownPath } from './findings.ts';
import { isReservedName, MARKER_NAME } from './reserved-names.ts';
import { isWanted } from './restore-check.ts';
import { onTarget } from './restore-errors.ts';
import { contentPathOf } from './restore-write.ts';
import type { UnitRestore } from './restore-write.ts';
import { TreeCursor } from './tree-cursor.ts';
import type { Place } from './tree-cursor.ts';

const DIFFERENCES_MAX = 10;
const READ_BYTES = 1024 * 1024;
/** What Node's utimes makes of nanoseconds. */
const ROUNDED_TIME_NS = 2000n;
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A directory whose content is being compared; `entry` is undefined for the unit's root, which is finished last of all. */
interface OpenDirectory {
  readonly entry: StoredEntry | undefined;
  readonly path: Buffer;
  readonly names: Set<string>;
}

/** How many entries were compared. @throws RestoreMismatch naming the first differences */
export async function compareAndFinish(restore: UnitRestore): Promise<number> {
  const comparison = new Comparison(restore);
  try {
    for await (const entry of restore.plan.unit.entries()) {
      await onTarget(entry.path, async () => await comparison.take(entry));
      const turn = restore.turns.take();
      if (turn !== undefined) await turn;
    }
    await comparison.finishAll();
  } finally {
    comparison.close();
  }
  comparison.assertEqual();
  return comparison.compared;
}

class Comparison {
  readonly #restore: UnitRestore;
  readonly #cursor: TreeCursor;
  readonly #targets: TreeCursor;
  readonly #open: OpenDirectory[] = [{ entry: undefined, path: Buffer.alloc(0), names: new Set() }];
  readonly #buffer = Buffer.alloc(READ_BYTES);
  readonly #differences: string[] = [];
  #differenceCount = 0;
  compared = 0;

  constructor(restore: UnitRestore) {
    this.#restore = restore;
    this.#cursor = new TreeCursor(restore.root);
    this.#targets = new TreeCursor(restore.root);
  }

  async take(entry: StoredEntry): Promise<void> {
    const { plan } = this.#restore;
    const standIn =
      entry.kind === 'file' && !plan.selection.includes(entry.path)
        ? plan.standIns.get(pathKey(entry.path))
        : undefined;
    if (standIn !== undefined) return await this.#compare({ ...entry, path: standIn });
    while (!this.#isInside(entry.path)) await this.#finishDirectory();
    const isChosen = isWanted(entry, plan.selection);
    // In place, what was not chosen stands beside what was.
    if (isChosen || this.#restore.extras === 'told') this.#expectName(entry.path);
    if (!isChosen) return;
    if (entry.kind === 'directory') this.#open.push({ entry, path: entry.path, names: new Set() });
    else await this.#compare(entry);
  }

  async finishAll(): Promise<void> {
    while (this.#open.length > 0) await this.#finishDirectory();
  }

  close(): void {
    this.#cursor.close();
    this.#targets.close();
  }

  assertEqual(): void {
    if (this.#differenceCount === 0) return;
    const message = `restored tree differs from the recovery point: ${this.#differences.join('; ')}`;
    throw new HoldfastError('RestoreMismatch', message, {
      unit: this.#restore.plan.unit.unit,
      differences: this.#differenceCount,
    });
  }

  #expectName(path: Buffer): void {
    const { path: directory, names } = this.#open.at(-1)!;
    const name = nameOf(path);
    if (joinPath(directory, name).equals(path)) names.add(pathKey(name));
  }

  #isInside(path: Buffer): boolean {
    const directory = this.#open.at(-1)!;
    return directory.path.length === 0 || isBelow(path, directory.path);
  }

  async #compare(entry: StoredEntry): Promise<void> {
    if (this.#restore.missingNodes.has(pathKey(entry.path))) return;
    this.compared++;
    const place = this.#cursor.find(entry.path);
    const path = place?.directory.child(place.name);
    const stat = path === undefined ? undefined : lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (place === undefined || path === undefined || stat === undefined) return this.#differs(entry, 'is missing');
    if (entry.kind === 'hardlink') return this.#compareHardLink(entry, stat);
    if (kindOf(stat) !== entry.kind) return this.#differs(entry, `is a ${kindOf(stat)}, not a ${entry.kind}`);
    this.#compareMetadata(entry, stat);
    if (entry.kind === 'symlink' && !readlinkSync(path, { encoding: 'buffer' }).equals(linkTargetOf(entry)))
      this.#differs(entry, 'leads elsewhere');
    if (entry.kind === 'file') await this.#compareContent(entry, place, stat);
  }

  #compareMetadata(entry: StoredEntry, stat: BigIntStats): void {
    const { findings, metadata } = this.#restore;
    const mode = Number(stat.mode & 0o7777n);
    if (entry.kind !== 'symlink' && mode !== metadata.modeOf(entry)) {
      this.#differs(entry, `has mode ${mode.toString(8)}, not ${metadata.modeOf(entry).toString(8)}`);
    }
    if (metadata.restoresOwners && (Number(stat.uid) !== entry.uid || Number(stat.gid) !== entry.gid))
      this.#differs(entry, 'has another owner');
    const isSameTime = metadata.isExact
      ? stat.mtimeNs === entry.mtimeNs
      : abs(stat.mtimeNs - entry.mtimeNs) < ROUNDED_TIME_NS;
    // Some file systems keep coarser times or fewer centuries; the data is whole all the same.
    if (!isSameTime) findings.warn('this file system cannot keep the modification time', entry.path);
    if (entry.deviceNumber !== undefined && Number(stat.rdev) !== entry.deviceNumber)
      this.#differs(entry, 'is another device');
  }

  #compareHardLink(entry: StoredEntry, stat: BigIntStats): void {
    const contentPath = contentPathOf(entry, this.#restore.plan);
    const first = this.#targets.find(contentPath);
    const firstStat = first && lstatSync(first.directory.child(first.name), { bigint: true, throwIfNoEntry: false });
    if (firstStat?.ino !== stat.ino || firstStat.dev !== stat.dev)
      this.#differs(entry, 'is not the same file as its first name');
  }

  async #compareContent(entry: StoredEntry, place: Place, stat: BigIntStats): Promise<void> {
    if (Number(stat.size) !== entry.sizeBytes)
      return this.#differs(entry, `has ${stat.size} bytes, not ${entry.sizeBytes}`);
    const fd = openToRead(place, Number(stat.mode & 0o7777n));
    const hash = createHash('sha256');
    try {
      for (let length = readSync(fd, this.#buffer); length > 0; length = readSync(fd, this.#buffer)) {
        hash.update(this.#buffer.subarray(0, length));
        const turn = this.#restore.turns.take();
        if (turn !== undefined) await turn;
      }
    } finally {
      closeSync(fd);
    }
    if (hash.digest('hex') !== entry.sha256) this.#differs(entry, 'has other content');
  }

  async #finishDirectory(): Promise<void> {
    const { entry, path, names } = this.#open.pop()!;
    this.#compareNames(path, names);
    if (entry === undefined) return;
    this.compared++;
    const place = this.#cursor.find(path);
    if (place === undefined) return this.#differs(entry, 'is missing');
    const handle = place.directory.openChild(place.name);
    try {
      await this.#restore.metadata.add({ entry, place, fd: handle.fd });
      await this.#restore.metadata.flush();
      this.#compareMetadata(entry, handle.stat());
    } finally {
      handle.close();
    }
  }

  /** Catches what came into the tree from elsewhere, and clears the temporary files of a killed attempt. */
  #compareNames(path: Buffer, expected: ReadonlySet<string>): void {
    const place = this.#cursor.find(joinPath(path, MARKER_NAME));
    const found = place?.directory.names() ?? [];
    for (const name of found) {
      if (isReservedName(name)) {
        if (!name.equals(MARKER_NAME)) rmSync(place!.directory.child(name), { force: true });
      } else if (!expected.has(pathKey(name))) {
        this.#noteExtra(joinPath(path, name));
      }
    }
  }

  #noteExtra(path: Buffer): void {
    const { extras, findings } = this.#restore;
    if (extras === 'refused') this.#note(path, 'is not in the recovery point');
    if (extras === 'told') findings.warn('left alone: not in the recovery point', path);
  }

  #differs(entry: StoredEntry, how: string): void {
    this.#note(entry.path, how);
  }

  #note(path: Buffer, how: string): void {
    this.#differenceCount++;
    if (this.#differences.length < DIFFERENCES_MAX) this.#differences.push(`'${shownPath(path)}' ${how}`);
  }
}

/** Without root a file of ours may deny even us: it is opened up for the moment of opening. */
function openToRead({ directory, name }: Place, mode: number): number {
  const path = directory.child(name);
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    return openSync(path, flags);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    directory.chmodChild(name, 0o600);
    const fd = openSync(path, flags);
    fchmodSync(fd, mode);
    return fd;
  }
}

function kindOf(stat: BigIntStats): StoredEntry['kind'] | 'socket' {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isCharacterDevice()) return 'character-device';
  return stat.isBlockDevice() ? 'block-device' : 'socket';
}

const nameOf = (path: Buffer): Buffer => path.subarray(path.lastIndexOf(0x2f) + 1);
const abs = (value: bigint): bigint => (value < 0n ? -value : value);
