// Paths as a recovery point holds them. They come from a manifest that somebody may have made up, so nothing is taken on trust.

import type { StoredEntry } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { shownPath } from './findings.ts';
import { isReservedName } from './reserved-names.ts';

const SLASH = 0x2f;
const ILLEGAL_NAMES = ['', '.', '..'];

/** Components of a path that stays below its root. @throws UnsafePath */
export function safeComponents(path: Buffer): Buffer[] {
  const components = split(path);
  const isSafe =
    path.length <= LIMITS.pathBytesMax &&
    !path.includes(0) &&
    components.every((name) => !ILLEGAL_NAMES.includes(name.toString('latin1')) && !isReservedName(name));
  if (!isSafe) throw unsafe(path, 'it leaves its root or is no path');
  return components;
}

export function unsafe(path: Buffer, why: string): HoldfastError {
  return new HoldfastError('UnsafePath', `unable to restore '${shownPath(path)}': ${why}`);
}

export function split(path: Buffer): Buffer[] {
  const components: Buffer[] = [];
  let start = 0;
  for (let end = path.indexOf(SLASH); end >= 0; end = path.indexOf(SLASH, start)) {
    components.push(path.subarray(start, end));
    start = end + 1;
  }
  components.push(path.subarray(start));
  return components;
}

/** True for what lies in the directory, at any depth. */
export const isBelow = (path: Buffer, directory: Buffer): boolean =>
  path.length > directory.length &&
  path[directory.length] === SLASH &&
  path.subarray(0, directory.length).equals(directory);

/** Keys for maps and sets: latin1 keeps every byte. */
export const pathKey = (path: Buffer): string => path.toString('latin1');

/** The link target that every symlink and hard link of a legal manifest has. @throws UnsafePath */
export function linkTargetOf(entry: StoredEntry): Buffer {
  const target = entry.linkTarget;
  if (target === undefined || target.length === 0 || target.includes(0))
    throw unsafe(entry.path, 'its link leads nowhere');
  return target;
}
