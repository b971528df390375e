// Names what the file system reports while a data directory is written.

import type { ErrorName } from '../../../domain/errors.ts';
import { HoldfastError } from '../../../domain/errors.ts';

const NAME_BY_CODE: Readonly<Record<string, ErrorName>> = {
  ENOSPC: 'StorageFull',
  EDQUOT: 'StorageFull',
  EROFS: 'StorageReadOnly',
  EACCES: 'StorageReadOnly',
  EPERM: 'StorageReadOnly',
  EEXIST: 'RestoreTargetNotEmpty',
  EIO: 'RestoreMismatch',
};

export function translateFileError(error: unknown, path: string): unknown {
  if (error instanceof HoldfastError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  const name = NAME_BY_CODE[code];
  if (!name) return error;
  return new HoldfastError(
    name,
    `unable to write the data directory '${path}': ${code}`,
    { path, code },
    { cause: error },
  );
}
