// A data directory that is being restored: new or empty, private, with the owner of the place it lies in, and durable when sealed.

import type { FileHandle } from 'node:fs/promises';
import { chmod, chown, lstat, mkdir, open, readdir, rename, stat, symlink } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';

import { HoldfastError } from '../../../domain/errors.ts';
import type { BytePath } from './byte-path.ts';
import { assertInside, bytePath, toBytes } from './byte-path.ts';

const PRIVATE = 0o700;
const ROOT = 0;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export class DataDirectory {
  /** Absolute. */
  readonly root: BytePath;
  /** Set when we run as root and the place belongs to somebody else: the server refuses to run as root. */
  readonly owner: Owner | undefined;
  readonly #madeFolders = new Set<BytePath>();

  private constructor(root: BytePath, owner: Owner | undefined) {
    this.root = root;
    this.owner = owner;
  }

  /** @throws RestoreTargetNotEmpty, UnsafePath (not absolute, a link, no parent) */
  static async prepare(path: string, processUid: number | undefined): Promise<DataDirectory> {
    if (!isAbsolute(path) || path.includes('\0'))
      throw new HoldfastError('UnsafePath', `unable to restore into '${path}': the path is not absolute`, { path });
    const existing = await lstat(path).catch(() => undefined);
    if (existing && !existing.isDirectory())
      throw new HoldfastError('UnsafePath', `unable to restore into '${path}': it is no directory`, { path });
    if (existing && (await readdir(path)).length > 0) {
      throw new HoldfastError('RestoreTargetNotEmpty', `unable to restore into '${path}': it is not empty`, { path });
    }
    const place = existing ?? (await statParent(path));
    const owner = processUid === ROOT && place.uid !== ROOT ? { uid: place.uid, gid: place.gid } : undefined;
    if (!existing) await mkdir(path, { mode: PRIVATE });
    // The server refuses a directory that others can read; a umask cannot widen this.
    await chmod(path, PRIVATE);
    const directory = new DataDirectory(bytePath(path), owner);
    await directory.#own(directory.root);
    return directory;
  }

  /** @throws UnsafePath for anything that would leave the directory */
  resolve(relative: BytePath): BytePath {
    assertInside(relative);
    return `${this.root}/${relative}`;
  }

  async makeFolder(path: BytePath, mode: number): Promise<void> {
    if (path !== this.root && !this.#madeFolders.has(path)) {
      await this.#makeParents(path);
      await mkdir(toBytes(path), { mode: PRIVATE, recursive: true });
      this.#madeFolders.add(path);
    }
    await chmod(toBytes(path), path === this.root ? PRIVATE : mode);
    await this.#own(path);
  }

  /** A link made by us, to an absolute place inside this directory. */
  async makeLink(path: BytePath, place: BytePath): Promise<void> {
    await this.#makeParents(path);
    await symlink(toBytes(place), toBytes(path));
  }

  /** Opens a new file; one that exists is an error, because every path comes once. */
  async openNew(path: BytePath, mode: number): Promise<FileHandle> {
    await this.#makeParents(path);
    const file = await open(toBytes(path), 'wx', mode);
    await file.chmod(mode);
    if (this.owner) await file.chown(this.owner.uid, this.owner.gid);
    return file;
  }

  /** Makes names durable: a file that was fsynced but whose folder was not is lost with the power. */
  async syncFolders(): Promise<void> {
    for (const folder of [...this.#madeFolders, this.root, dirname(this.root)]) await syncFolder(folder);
  }

  /** Puts a finished file under its real name; before that nobody takes it for valid. */
  async publish(from: BytePath, to: BytePath): Promise<void> {
    await rename(toBytes(from), toBytes(to));
    await syncFolder(dirname(to));
  }

  /** Folders that the backup does not name are private. */
  async #makeParents(path: BytePath): Promise<void> {
    const folder = dirname(path);
    if (folder === this.root || this.#madeFolders.has(folder) || !folder.startsWith(`${this.root}/`)) return;
    await this.makeFolder(folder, PRIVATE);
  }

  async #own(path: BytePath): Promise<void> {
    if (this.owner) await chown(toBytes(path), this.owner.uid, this.owner.gid);
  }
}

async function statParent(path: string): Promise<Owner> {
  try {
    return await stat(dirname(path));
  } catch (error) {
    throw new HoldfastError(
      'UnsafePath',
      `unable to restore into '${path}': its parent directory is missing`,
      { path },
      { cause: error },
    );
  }
}

async function syncFolder(path: BytePath): Promise<void> {
  const folder = await open(toBytes(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
