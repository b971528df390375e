// What a path inside a unit may look like. Checked when it is written and again when it is read: a manifest is foreign until proven.

import { pathText } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const NUL = 0;

/**
 * Relative, with `/` between components, none of them empty, `.` or `..`. The empty path is the root of the unit itself.
 *
 * @throws UnsafePath
 */
export function assertSafePath(path: Buffer): void {
  if (path.length > LIMITS.pathBytesMax) throw unsafe(path, 'it is too long');
  if (path.length === 0) return;
  let componentStart = 0;
  for (let at = 0; at <= path.length; at++) {
    const byte = at === path.length ? SLASH : path[at];
    if (byte === NUL) throw unsafe(path, 'it has a zero byte');
    if (byte !== SLASH) continue;
    const length = at - componentStart;
    const isDots = length <= 2 && path[componentStart] === DOT && (length === 1 || path[componentStart + 1] === DOT);
    if (length === 0 || isDots) throw unsafe(path, 'a component is empty or leads elsewhere');
    componentStart = at + 1;
  }
}

function unsafe(path: Buffer, reason: string): HoldfastError {
  return new HoldfastError('UnsafePath', `unable to accept path '${pathText(path.subarray(0, 200))}': ${reason}`, {});
}
