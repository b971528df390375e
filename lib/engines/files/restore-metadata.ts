// Gives restored entries their owner, attributes, mode and times, in batches. The order matters: chown clears capabilities and setuid
// bits, an ACL changes mode bits, and everything but setting it changes the modification time.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  renameSync,
  rmSync,
} from 'node:fs';

import type { UnitFacts } from '../../domain/backup-record.ts';
import type { EntryMeta } from '../../domain/entry.ts';
import type { DirectoryHandle } from './directory-handle.ts';
import { onTarget } from './restore-errors.ts';
import type { Findings } from './findings.ts';
import { rootEntry } from './root-metadata.ts';
import { SYSTEM_CALLS_MAX } from './system-calls.ts';
import type { SystemCall, SystemCallResult, SystemCalls } from './system-calls.ts';
import type { Place } from './tree-cursor.ts';

/** Keeps open descriptors few: some systems allow a process only 1024. */
const PENDING_MAX = 64;

const SET_ID_BITS = 0o6000;

export interface Placed {
  readonly entry: EntryMeta;
  readonly place: Place;
  /** Of a file or directory; a symlink has none. */
  readonly fd?: number;
  readonly closesFd?: boolean;
  /** The place holds a temporary name: the entry takes its own name once it is whole. */
  readonly finalName?: Buffer;
}

export class MetadataWriter {
  readonly isExact: boolean;
  readonly #calls: SystemCalls | undefined;
  readonly #findings: Findings;
  readonly #isRoot = process.geteuid?.() === 0;
  #pending: Placed[] = [];

  constructor(calls: SystemCalls | undefined, findings: Findings) {
    this.#calls = calls;
    this.#findings = findings;
    this.isExact = calls !== undefined;
    if (calls === undefined)
      findings.warn('times were restored to the microsecond and extended attributes not at all: perl is not installed');
    if (!this.#isRoot) findings.warn('owners were not restored: that takes root');
  }

  /** The mode an entry gets here: setuid means another thing under another owner, so it goes when the owner cannot be restored. */
  modeOf(entry: EntryMeta): number {
    return this.#isRoot ? entry.mode : entry.mode & ~SET_ID_BITS;
  }

  get restoresOwners(): boolean {
    return this.#isRoot;
  }

  async add(placed: Placed): Promise<void> {
    this.#pending.push(placed);
    if (this.#pending.length >= PENDING_MAX) await this.flush();
  }

  /** Must be called before a handle of a pending place is closed. */
  async flush(): Promise<void> {
    const pending = this.#pending.splice(0);
    try {
      for (const placed of pending) await onTarget(placed.entry.path, () => this.#setOwner(placed));
      await this.#makeCalls(pending);
      for (const placed of pending) await onTarget(placed.entry.path, () => this.#settle(placed));
    } finally {
      for (const { fd, closesFd } of pending) if (fd !== undefined && closesFd === true) closeSync(fd);
    }
  }

  /** A root that we made becomes what the source's root was; a directory that was there before keeps its owner and mode. */
  async finishRoot(root: DirectoryHandle, facts: UnitFacts): Promise<void> {
    const entry = rootEntry(facts);
    if (entry === undefined) return;
    await this.add({ entry, place: { directory: root, name: entry.path }, fd: root.fd });
    await this.flush();
    root.sync();
  }

  /** After a failure: nothing is finished, only closed. */
  discard(): void {
    for (const { fd, closesFd } of this.#pending.splice(0)) if (fd !== undefined && closesFd === true) closeSync(fd);
  }

  #setOwner({ entry, place, fd }: Placed): void {
    if (!this.#isRoot) return;
    if (fd === undefined) lchownSync(place.directory.child(place.name), entry.uid, entry.gid);
    else fchownSync(fd, entry.uid, entry.gid);
  }

  async #makeCalls(pending: readonly Placed[]): Promise<void> {
    if (this.#calls === undefined) return;
    const wanted = pending.flatMap((placed) => callsFor(placed).map((call) => ({ call, placed })));
    for (let at = 0; at < wanted.length; at += SYSTEM_CALLS_MAX) {
      const batch = wanted.slice(at, at + SYSTEM_CALLS_MAX);
      const results = await this.#calls.make(batch.map(({ call }) => call));
      for (const [nth, { call, placed }] of batch.entries()) this.#judge(call, results[nth]!, placed);
    }
  }

  /** An attribute may be refused by its file system or for want of privilege: said, but the content is worth having without it. */
  #judge(call: SystemCall, { errno }: SystemCallResult, { entry }: Placed): void {
    if (errno === 0) return;
    const what =
      call.kind === 'set-xattr' ? `extended attribute ${call.xattr.name.toString('latin1')}` : 'modification time';
    this.#findings.warn(`unable to restore ${what} (errno ${errno})`, entry.path);
  }

  #settle({ entry, place, fd, finalName }: Placed): void {
    const path = place.directory.child(place.name);
    if (this.#calls === undefined) this.#setRoundedTime(entry, path, fd);
    if (fd !== undefined) fchmodSync(fd, this.modeOf(entry));
    else if (entry.kind !== 'symlink') place.directory.chmodChild(place.name, this.modeOf(entry));
    if (finalName === undefined) return;
    // The content is on the disk before its name is: a crash leaves the old file or the new one, never half of one.
    if (fd !== undefined) fsyncSync(fd);
    renameSync(path, place.directory.child(finalName));
    // Two names of one inode are not renamed onto each other; the temporary one then remains.
    rmSync(path, { force: true });
  }

  #setRoundedTime(entry: EntryMeta, path: Buffer, fd: number | undefined): void {
    // As text, because Node takes a negative number for "now".
    const seconds = String(Number(entry.mtimeNs) / 1e9);
    if (fd === undefined) lutimesSync(path, seconds, seconds);
    else futimesSync(fd, seconds, seconds);
  }
}

function callsFor({ entry, place }: Placed): SystemCall[] {
  const path = place.directory.childForOthers(place.name);
  const xattrs = (entry.xattrs ?? []).map((xattr): SystemCall => ({ kind: 'set-xattr', path, xattr }));
  return [...xattrs, { kind: 'set-mtime', path, mtimeNs: entry.mtimeNs }];
}
