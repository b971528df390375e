// Translates what the target's file system answers into names of the error table.

import type { ErrorName } from '../../domain/errors.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { errorCode, shownPath } from './findings.ts';

const NAMES: Readonly<Record<string, ErrorName>> = {
  ENOSPC: 'StorageFull',
  EDQUOT: 'StorageFull',
  EACCES: 'StorageReadOnly',
  EPERM: 'StorageReadOnly',
  EROFS: 'StorageReadOnly',
  // Names, kinds and modes that this file system cannot hold.
  ENAMETOOLONG: 'StorageReadOnly',
  EINVAL: 'StorageReadOnly',
  EOPNOTSUPP: 'StorageReadOnly',
  EMLINK: 'StorageReadOnly',
  // A directory was expected and a symlink or file stands there: somebody wants the restore to go elsewhere.
  ELOOP: 'UnsafePath',
  ENOTDIR: 'UnsafePath',
  EEXIST: 'RestoreTargetNotEmpty',
  EISDIR: 'RestoreTargetNotEmpty',
  ENOTEMPTY: 'RestoreTargetNotEmpty',
};

/** Runs one piece of work on the target. @throws StorageFull, StorageReadOnly, StorageUnavailable, UnsafePath, RestoreTargetNotEmpty */
export async function onTarget<Result>(path: Buffer, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw targetError(path, error);
  }
}

/** What is no answer of the file system came from the repository or from us, and has its own name. */
function targetError(path: Buffer, error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !('syscall' in error)) return error;
  const code = errorCode(error);
  const name = NAMES[code] ?? 'StorageUnavailable';
  return new HoldfastError(name, `unable to restore '${shownPath(path)}': ${code}`, { code }, { cause: error });
}
