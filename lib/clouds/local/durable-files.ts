// The few file-system calls that durability rests on. Everything of this cloud that must survive a crash is written through them,
// so that a test can replace the disk by one that forgets whatever was not synced.

import { constants } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file being written; nobody may rely on its bytes before sync() has returned. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Must be called on the handle that wrote: another handle may never hear of a write that failed later. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly isDirectory: boolean;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
  readonly modifiedAtMs: number;
}

/** Errors carry the system's code (`ENOENT`, `ENOSPC`, …), which the adapters translate. */
export interface DurableFiles {
  /** @throws EEXIST */
  createFile(path: string, mode: number): Promise<NewFile>;
  /** Up to `length` bytes from `offset`; fewer only at the end of the file. */
  read(path: string, range: { readonly offset: number; readonly length: number }): Promise<Buffer>;
  /** Undefined when nothing is there. */
  stat(path: string): Promise<FileFacts | undefined>;
  list(path: string): Promise<readonly string[]>;
  /** @throws EEXIST */
  makeDirectory(path: string): Promise<void>;
  /** Atomic. Replaces a file; a directory that is not empty is never replaced. @throws ENOTEMPTY, EEXIST */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; never replaces anything. @throws EEXIST */
  link(from: string, to: string): Promise<void>;
  /** A file, or a directory with all that is in it. What is missing is no error. */
  remove(path: string): Promise<void>;
  /** Makes the names inside a directory durable: without it a file that was synced can still vanish with its name. */
  syncDirectory(path: string): Promise<void>;
}

export const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/** Directories remembered as durable; past this many the memory begins anew, which costs some syncs and nothing else. */
const KNOWN_MAX = 10_000;

export const nodeFiles: DurableFiles = {
  createFile: async (path, mode) => {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    return {
      write: async (bytes) => {
        // One call may write less than asked (a signal, a nearly full disk): go on until all is written or it says why not.
        for (let done = 0; done < bytes.length;) {
          done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
        }
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  read: async (path, { offset, length }) => {
    const handle = await open(path, constants.O_RDONLY);
    try {
      const buffer = Buffer.allocUnsafeSlow(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    } finally {
      await handle.close();
    }
  },
  stat: async (path) => {
    try {
      const facts = await stat(path);
      return {
        isDirectory: facts.isDirectory(),
        sizeBytes: facts.size,
        mode: facts.mode & 0o7777,
        modifiedAtMs: facts.mtimeMs,
      };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  list: (path) => readdir(path),
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: false, mode: PRIVATE_DIRECTORY });
  },
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncDirectory: async (path) => {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** The system's code of an error, or undefined for errors of another kind. By shape, because an error may come from another realm. */
export function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** Writes a new file whose bytes are durable on return; its name is durable only after its directory was synced. */
export async function writeSynced(
  files: DurableFiles,
  path: string,
  parts: readonly Uint8Array[],
  mode = PRIVATE_FILE,
): Promise<void> {
  const file = await files.createFile(path, mode);
  try {
    for (const part of parts) await file.write(part);
    // A sync that failed is never repeated: the kernel may have dropped the dirty pages, and a second call would say "fine".
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Replaces a small file (or makes it): readers see the old bytes or the new ones, also after a crash. Callers exclude each other. */
export async function replaceFile(
  files: DurableFiles,
  path: string,
  bytes: Uint8Array,
  mode = PRIVATE_FILE,
): Promise<void> {
  const draft = `${path}.next`;
  await files.remove(draft);
  await writeSynced(files, draft, [bytes], mode);
  await files.rename(draft, path);
  await files.syncDirectory(dirname(path));
}

/** Makes a small file unless something has that name. Says whether it did; a name that exists is durable on return, too. */
export async function publishFile(
  files: DurableFiles,
  path: string,
  bytes: Uint8Array,
  draftName: string,
): Promise<boolean> {
  const draft = join(dirname(path), draftName);
  await writeSynced(files, draft, [bytes]);
  try {
    await files.link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    await files.remove(draft);
    await files.syncDirectory(dirname(path));
  }
}

/**
 * Makes the directories from `root` (which must exist) down to `path` durable. Existing ones are synced as well: whoever made
 * them may not have come to that yet. Directories in `known` were made durable by this process before and cost nothing.
 */
export async function makeDirectories(
  files: DurableFiles,
  root: string,
  components: readonly string[],
  known: Set<string>,
): Promise<string> {
  let path = root;
  for (const component of components) {
    const parent = path;
    path = join(parent, component);
    if (known.has(path)) continue;
    await makeDirectoryUnlessThere(files, path);
    await files.syncDirectory(parent);
    if (known.size >= KNOWN_MAX) known.clear();
    known.add(path);
  }
  return path;
}

async function makeDirectoryUnlessThere(files: DurableFiles, path: string): Promise<void> {
  try {
    await files.makeDirectory(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Like makeDirectories for a path of which any part may be missing. Every level is synced before the next one is made, so after
 * a crash only the deepest level that exists can be in doubt: it is synced again.
 */
export async function makeDirectoryPath(files: DurableFiles, path: string): Promise<void> {
  if ((await files.stat(path)) === undefined) {
    await makeDirectoryPath(files, dirname(path));
    await makeDirectoryUnlessThere(files, path);
    await files.syncDirectory(dirname(path));
    return;
  }
  try {
    await files.syncDirectory(dirname(path));
  } catch (error) {
    // Made by somebody else in a directory that is closed to us: then it was not us who left it in doubt.
    if (codeOf(error) !== 'EACCES') throw error;
  }
}
