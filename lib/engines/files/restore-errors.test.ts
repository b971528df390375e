// Answers of a target's file system and the names they get.

import { describe, expect, test } from '@jest/globals';

import { HoldfastError } from '../../domain/errors.ts';
import { onTarget } from './restore-errors.ts';

const answering = (code: string) => (): never => {
  throw Object.assign(new Error(code), { code, syscall: 'open' });
};

describe('errors of a restore target', () => {
  test.each([
    ['ENOSPC', 'StorageFull'],
    ['EROFS', 'StorageReadOnly'],
    ['ELOOP', 'UnsafePath'],
    ['EEXIST', 'RestoreTargetNotEmpty'],
    ['EIO', 'StorageUnavailable'],
  ])('%s - %s with the path and the cause', async (code, name) => {
    await expect(onTarget(Buffer.from('a/b'), answering(code))).rejects.toMatchObject({
      name,
      message: `unable to restore 'a/b': ${code}`,
      facts: { code },
      cause: { code },
    });
  });

  test('error of the repository - goes through as it is', async () => {
    const error = new HoldfastError('IntegrityViolation', 'a segment failed verification');
    const throwing = (): never => {
      throw error;
    };

    await expect(onTarget(Buffer.from('a'), throwing)).rejects.toBe(error);
  });
});
