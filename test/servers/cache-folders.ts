// Names the folders outside the checkout where downloaded and unpacked servers and programs are kept between runs.
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** For programs that the tests themselves run. */
export function programCache(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return ensureOwnFolder(join(base, 'holdfast-test'));
}

/**
 * For servers. Root's servers run as another user, who cannot read below root's home, so they are kept where everybody
 * reads; the folder must be ours, since its programs are executed.
 */
export function serverCache(): string {
  return process.getuid?.() === 0 ? ensureOwnFolder(join(tmpdir(), 'holdfast-test-servers')) : programCache();
}

/**
 * Puts a finished folder in its place. Two processes may do the same work at once: the first one's folder stays, and both
 * are equal.
 */
export function publishFolder(prepared: string, target: string): void {
  try {
    renameSync(prepared, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') {
      throw error;
    }
    rmSync(prepared, { recursive: true, force: true });
  }
}

function ensureOwnFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`folder '${folder}' belongs to somebody else, programs from it would run as you: remove it`);
  }
  chmodSync(folder, 0o755);
  return folder;
}
