// Paths as bytes: PostgreSQL and the file system allow any, so a path is kept as a Latin-1 string, one character per byte, and turned
// into bytes at the call. What could be backed up can be restored then, whatever it is called.

import { HoldfastError } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';

/** One character per byte. */
export type BytePath = string;

export const bytePath = (text: string): BytePath => Buffer.from(text, 'utf8').toString('latin1');
export const toBytes = (path: BytePath): Buffer => Buffer.from(path, 'latin1');
export const toText = (path: BytePath): string => toBytes(path).toString('utf8');

/** @throws UnsafePath for a relative path that would leave the directory it is joined to */
export function assertInside(path: BytePath): void {
  const parts = path.split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
  if (!isPlain || path.length > LIMITS.pathBytesMax) {
    throw new HoldfastError('UnsafePath', 'a path of the backup leaves the data directory', { path: toText(path) });
  }
}
