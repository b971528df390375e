// Translates what the target's file system answers into names of the error table.

import { HoldfastError } from '../../domain/errors.ts';
import { errorCode, shownPath } from './findings.ts';

/** Runs one piece of work on the target. @throws StorageFull, StorageReadOnly, UnsafePath, RestoreTargetNotEmpty */
export async function onTarget<Result>(path: Buffer, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw targetError(path, error);
  }
}

export function targetError(path: Buffer, error: unknown): unknown {
  const code = errorCode(error);
  const shown = shownPath(path);
  const options = { cause: error };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new HoldfastError('StorageFull', `unable to restore '${shown}': ${code}`, { code }, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new HoldfastError('StorageReadOnly', `unable to restore '${shown}': ${code}`, { code }, options);
    // A directory was expected and a symlink or file stands there: somebody wants the restore to go elsewhere.
    case 'ELOOP':
    case 'ENOTDIR':
      return new HoldfastError(
        'UnsafePath',
        `unable to restore '${shown}': the way to it leads through something that is no directory`,
        { code },
        options,
      );
    case 'EEXIST':
    case 'EISDIR':
    case 'ENOTEMPTY':
      return new HoldfastError(
        'RestoreTargetNotEmpty',
        `unable to restore '${shown}': something stands there`,
        { code },
        options,
      );
    default:
      return error;
  }
}
