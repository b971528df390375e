// Walks a tree in manifest order and hands out what it finds, each entry with an open handle of its directory.
// What cannot be read is reported and left out: one broken file must not cost the backup of all the others.

import { lstatSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

import { LIMITS } from '../../domain/limits.ts';
import { DirectoryHandle, joinPath } from './directory-handle.ts';
import type { Excludes } from './exclude.ts';
import type { Findings } from './findings.ts';
import { isReservedName } from './reserved-names.ts';

export interface Found {
  /** Relative to the unit's root. */
  readonly path: Buffer;
  /** For calls that reveal metadata only; content is opened through the handle. */
  readonly absolutePath: Buffer;
  readonly directory: DirectoryHandle;
  readonly name: Buffer;
  readonly stat: BigIntStats;
  /** A symlink stood here and its target is taken instead. */
  readonly isFollowed: boolean;
}

/** A directory is `left` after everything in it was handed out; whoever consumes the walk closes it then. */
export type WalkStep =
  { readonly kind: 'found'; readonly found: Found } | { readonly kind: 'left'; readonly directory: DirectoryHandle };

export interface WalkRules {
  readonly excludes: Excludes;
  readonly followSymlinks: boolean;
  readonly oneFileSystem: boolean;
  /** For a unit that is one file: only this name of the root. */
  readonly onlyName?: Buffer;
}

interface Level {
  readonly handle: DirectoryHandle;
  readonly path: Buffer;
  readonly absolutePath: Buffer;
  readonly names: readonly Buffer[];
  next: number;
  /** Identity, to notice that a followed symlink leads back up. */
  readonly identity: string;
}

export class Walk {
  readonly #rules: WalkRules;
  readonly #findings: Findings;
  readonly #open = new Set<DirectoryHandle>();
  readonly #levels: Level[] = [];
  readonly #device: bigint;

  constructor(
    root: { readonly handle: DirectoryHandle; readonly absolutePath: Buffer },
    rules: WalkRules,
    findings: Findings,
  ) {
    this.#rules = rules;
    this.#findings = findings;
    this.#device = root.handle.stat().dev;
    const names = rules.onlyName === undefined ? root.handle.names() : [rules.onlyName];
    this.#enter({ handle: root.handle, path: Buffer.alloc(0), absolutePath: root.absolutePath, names });
  }

  /** An explicit stack: nested generators would cost a call per level and entry. */
  *steps(): Generator<WalkStep, void> {
    for (let level = this.#levels.at(-1); level !== undefined; level = this.#levels.at(-1)) {
      const name = level.names[level.next++];
      if (name === undefined) {
        this.#levels.pop();
        yield { kind: 'left', directory: level.handle };
        continue;
      }
      const found = this.#look(level, name);
      if (found === undefined) continue;
      yield { kind: 'found', found };
      if (found.stat.isDirectory()) this.#descend(found);
    }
  }

  isOnDevice(stat: BigIntStats): boolean {
    return !this.#rules.oneFileSystem || stat.dev === this.#device;
  }

  close(directory: DirectoryHandle): void {
    if (this.#open.delete(directory)) directory.close();
  }

  closeAll(): void {
    for (const directory of this.#open) this.close(directory);
  }

  /** For a root that its opener goes on using. */
  closeAllBut(kept: DirectoryHandle): void {
    this.#open.delete(kept);
    this.closeAll();
  }

  #look(level: Level, name: Buffer): Found | undefined {
    const path = joinPath(level.path, name);
    const absolutePath = reachable(level, name);
    if (isReservedName(name)) return this.#findings.warn('left out: remains of a restore', path);
    if (path.length > LIMITS.pathBytesMax) return this.#findings.unreadable(path, 'ENAMETOOLONG');
    const seen = this.#findings.attempt(path, () => lstatSync(absolutePath, { bigint: true }));
    if (seen === undefined) return undefined;
    const followed = this.#rules.followSymlinks && seen.isSymbolicLink() ? this.#follow(path, absolutePath) : undefined;
    const stat = followed ?? seen;
    if (this.#rules.excludes.matches(path, stat.isDirectory())) return void this.#findings.excludedCount++;
    if (stat.isSocket()) return this.#findings.warn('left out: a socket', path);
    return { path, absolutePath, directory: level.handle, name, stat, isFollowed: followed !== undefined };
  }

  /** A dangling symlink and one that leads back to a directory above are kept as what they are. */
  #follow(path: Buffer, absolutePath: Buffer): BigIntStats | undefined {
    const target = targetOf(absolutePath);
    if (target === undefined) return this.#findings.warn('kept as a symlink: its target cannot be reached', path);
    if (!target.isDirectory() || !this.#levels.some((level) => level.identity === identityOf(target))) return target;
    return this.#findings.warn('kept as a symlink: it leads back to a directory above', path);
  }

  #descend({ path, directory, name, stat, isFollowed }: Found): void {
    const levelPath = this.#levels.at(-1)!.absolutePath;
    if (!this.isOnDevice(stat)) return this.#findings.warn('not entered: another file system is mounted here', path);
    const opened = this.#findings.attempt(path, () => {
      const handle = directory.openChild(name, { mayFollow: isFollowed });
      this.#open.add(handle);
      return { handle, names: handle.names() };
    });
    if (opened === undefined) return;
    this.#enter({ ...opened, path, absolutePath: joinPath(levelPath, name) });
  }

  #enter(level: Omit<Level, 'next' | 'identity'>): void {
    this.#open.add(level.handle);
    this.#levels.push({ ...level, next: 0, identity: identityOf(level.handle.stat()) });
  }
}

/** The plain path is cheaper; one that is longer than the kernel takes is walked from the open directory. */
function reachable({ handle, absolutePath }: Level, name: Buffer): Buffer {
  const isShort = absolutePath.length + name.length + 2 < LIMITS.pathBytesMax;
  return isShort ? joinPath(absolutePath, name) : handle.childForOthers(name);
}

function targetOf(path: Buffer): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

const identityOf = (stat: BigIntStats): string => `${stat.dev}:${stat.ino}`;
