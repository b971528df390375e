// Reads restored files back from the disk and hashes them: what counts is what lies there now, not what was written.

import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';

import { HoldfastError } from '../../../domain/errors.ts';
import type { ManifestFile } from '../../../protocols/postgresql/backup-manifest.ts';
import type { BytePath } from './byte-path.ts';
import { toBytes } from './byte-path.ts';

const READ_BYTES = 512 * 1024;
const CONCURRENT_FILES = 4;

/** Flushes each file to the disk, then hashes what the disk gives. */
export async function readBack(
  paths: ReadonlyMap<string, BytePath>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ManifestFile>> {
  const results = new Map<string, ManifestFile>();
  const queue = paths.entries();
  const work = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (const [key, path] of queue) {
      if (signal.aborted) throw new HoldfastError('ExecutionStopped', 'stopped while reading the restored files back');
      results.set(key, await hashFile(path, buffer));
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: CONCURRENT_FILES }, work));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return results;
}

async function hashFile(path: BytePath, buffer: Buffer): Promise<ManifestFile> {
  const hash = createHash('sha256');
  const file = await open(toBytes(path), 'r');
  try {
    await file.sync();
    let sizeBytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, sizeBytes);
      if (bytesRead === 0) return { sizeBytes, sha256: hash.digest('hex') };
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Every file below a folder, without following links. */
export async function listFiles(folder: BytePath): Promise<readonly BytePath[]> {
  const files: BytePath[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const item of await readdir(toBytes(next), { encoding: 'buffer', withFileTypes: true })) {
      const path = `${next}/${item.name.toString('latin1')}`;
      if (item.isDirectory()) folders.push(path);
      else if (item.isFile()) files.push(path);
    }
  }
  return files;
}
