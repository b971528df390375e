// An open directory whose children are reached through its descriptor: whoever swaps a component of its path for a symlink meanwhile
// leads us nowhere else. Node has no openat; /proc/self/fd/<n>/<name> is the same walk (Linux).

import {
  chmodSync,
  closeSync,
  existsSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Opens the thing itself without touching it; Linux has it, Node's constants do not. */
const O_PATH = 0x200000;

/** Elsewhere than on Linux (a developer's machine) plain paths must do; the walk is then only as safe as the path. */
const hasDescriptorPaths = existsSync('/proc/self/fd');

export class DirectoryHandle {
  readonly fd: number;
  readonly #path: Buffer;

  private constructor(fd: number, path: Buffer) {
    this.fd = fd;
    this.#path = path;
  }

  /** Follows symlinks: for the paths that a person named. */
  static open(path: string | Buffer): DirectoryHandle {
    return new DirectoryHandle(openSync(path, O_RDONLY | O_DIRECTORY), Buffer.from(path));
  }

  /** @throws ENOTDIR or ELOOP when the child is a symlink or no directory, unless symlinks may be followed */
  openChild(name: Buffer, { mayFollow }: { readonly mayFollow: boolean } = { mayFollow: false }): DirectoryHandle {
    const fd = openSync(this.child(name), O_RDONLY | O_DIRECTORY | (mayFollow ? 0 : O_NOFOLLOW));
    return new DirectoryHandle(fd, joinPath(this.#path, name));
  }

  /** Takes an existing directory or makes a private one. */
  ensureChild(name: Buffer): { readonly handle: DirectoryHandle; readonly isNew: boolean } {
    const isNew = wasMade(() => mkdirSync(this.child(name), { mode: 0o700 }));
    return { handle: this.openChild(name), isNew };
  }

  /** A path that resolves `name` inside this very directory, in this process. */
  child(name: Buffer): Buffer {
    return hasDescriptorPaths ? joinPath(Buffer.from(`/proc/self/fd/${this.fd}`), name) : joinPath(this.#path, name);
  }

  /** The same for a child process, as long as this handle is open. */
  childForOthers(name: Buffer): Buffer {
    return hasDescriptorPaths
      ? joinPath(Buffer.from(`/proc/${process.pid}/fd/${this.fd}`), name)
      : joinPath(this.#path, name);
  }

  /** Sets the mode of the child itself: a symlink that took its place is not followed. */
  chmodChild(name: Buffer, mode: number): void {
    if (!hasDescriptorPaths) return chmodSync(this.child(name), mode);
    const fd = openSync(this.child(name), O_PATH | O_NOFOLLOW);
    try {
      chmodSync(`/proc/self/fd/${fd}`, mode);
    } finally {
      closeSync(fd);
    }
  }

  /** Names in byte order, which is manifest order within one directory. */
  names(): Buffer[] {
    const path = hasDescriptorPaths ? `/proc/self/fd/${this.fd}` : this.#path;
    return readdirSync(path, { encoding: 'buffer' }).sort((left, right) => Buffer.compare(left, right));
  }

  stat(): BigIntStats {
    return fstatSync(this.fd, { bigint: true });
  }

  sync(): void {
    fsyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }
}

export const joinPath = (directory: Buffer, name: Buffer): Buffer =>
  directory.length === 0 ? name : Buffer.concat([directory, SLASH, name]);

function wasMade(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const SLASH = Buffer.from('/');
