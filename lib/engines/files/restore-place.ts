// Decides where each unit goes, and opens its root. One unit goes straight into the target directory; several keep their absolute
// paths below it (`<target>/srv/data`). In place, a unit goes back to the path it was read from.

import { createHash } from 'node:crypto';
import { fchmodSync, mkdirSync } from 'node:fs';
import { posix } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { PointReader } from '../../ports/engine.ts';
import { DirectoryHandle } from './directory-handle.ts';
import { split } from './entry-paths.ts';
import { MARKER_DRAFT_NAME } from './reserved-names.ts';
import { onTarget } from './restore-errors.ts';
import { placeMarker, readMarker, removeMarker } from './restore-marker.ts';
import type { SystemCalls } from './system-calls.ts';

export interface UnitOrigin {
  readonly path: string;
  /** The unit is one file; its entries lie in the directory of `path`. */
  readonly isFile: boolean;
}

/** Where the unit came from, as its dump recorded it. */
export function originOf(unit: PointReader): UnitOrigin {
  const { path, pathKind } = unit.facts.details;
  if (typeof path === 'string' && path.startsWith('/') && !path.split('/').includes('..'))
    return { path, isFile: pathKind === 'file' };
  throw new HoldfastError(
    'IntegrityViolation',
    `unable to restore unit '${unit.unit}': it does not say where it came from`,
    { unit: unit.unit },
  );
}

/** The directory that a unit's entries are relative to. */
export const directoryOf = ({ path, isFile }: UnitOrigin): string => (isFile ? posix.dirname(path) : path);

export interface Places {
  /** Marked as unfinished until the very end. */
  readonly roots: readonly DirectoryHandle[];
  /** Root of each unit, in the order of the units. */
  readonly unitRoots: readonly { readonly handle: DirectoryHandle; readonly isOurs: boolean }[];
  /** Our own files of an attempt that was killed may stand there already. */
  readonly isSecondAttempt: boolean;
  close(): void;
}

/** Takes an absent or empty directory, or one with the remains of this very restore. @throws RestoreTargetNotEmpty, StorageReadOnly */
export async function openTargetDirectory(
  target: string,
  units: readonly PointReader[],
  calls?: SystemCalls,
): Promise<Places> {
  const path = Buffer.from(target);
  return await onTarget(path, async () => {
    const wasMade = makeTarget(target);
    const root = DirectoryHandle.open(target);
    if (wasMade) await clearInherited(root, calls);
    const identity = identityOf(units);
    const marker = readMarker(root);
    const isSecondAttempt = marker?.identity === identity;
    if (!isSecondAttempt && root.names().some((name) => !name.equals(MARKER_DRAFT_NAME))) {
      root.close();
      throw new HoldfastError('RestoreTargetNotEmpty', `unable to restore into '${target}': it is not empty`, {
        path: target,
      });
    }
    const madeTarget = wasMade || (isSecondAttempt && marker?.madeTarget === true);
    placeMarker(root, { identity, madeTarget });
    if (units.length === 1) return placesOf([root], [{ handle: root, isOurs: madeTarget }], isSecondAttempt);
    const unitRoots = units.map((unit) => ({ handle: ensureBelow(root, directoryOf(originOf(unit))), isOurs: true }));
    return placesOf([root], unitRoots, isSecondAttempt);
  });
}

/** A directory that is gone altogether is made again. @throws StorageReadOnly */
export async function openInPlace(units: readonly PointReader[], calls?: SystemCalls): Promise<Places> {
  const identity = identityOf(units);
  const unitRoots: { readonly handle: DirectoryHandle; readonly isOurs: boolean }[] = [];
  for (const unit of units) {
    const path = directoryOf(originOf(unit));
    await onTarget(Buffer.from(path), async () => {
      const wasMade = makeTarget(path);
      const handle = DirectoryHandle.open(path);
      if (wasMade) await clearInherited(handle, calls);
      const marker = readMarker(handle);
      const madeTarget = wasMade || (marker?.identity === identity && marker.madeTarget);
      placeMarker(handle, { identity, madeTarget });
      unitRoots.push({ handle, isOurs: madeTarget });
    });
  }
  return placesOf(
    unitRoots.map(({ handle }) => handle),
    unitRoots,
    true,
  );
}

export function markWhole(places: Places): void {
  for (const root of places.roots) removeMarker(root);
}

function placesOf(roots: readonly DirectoryHandle[], unitRoots: Places['unitRoots'], isSecondAttempt: boolean): Places {
  const handles = new Set([...roots, ...unitRoots.map(({ handle }) => handle)]);
  return { roots, unitRoots, isSecondAttempt, close: () => [...handles].forEach((handle) => handle.close()) };
}

/** True when the directory was not there; it is then private until the restore ends. */
function makeTarget(path: string): boolean {
  const wasMade = mkdirSync(path, { recursive: true, mode: 0o755 }) !== undefined;
  if (!wasMade) return false;
  const handle = DirectoryHandle.open(path);
  fchmodSync(handle.fd, 0o700);
  handle.close();
  return true;
}

/** A default ACL of the directory above would give everything that is restored an ACL that the recovery point does not have. */
async function clearInherited(root: DirectoryHandle, calls: SystemCalls | undefined): Promise<void> {
  const path = root.childForOthers(Buffer.from('.'));
  const names = ['system.posix_acl_default', 'system.posix_acl_access'];
  await calls?.make(names.map((name) => ({ kind: 'remove-xattr', path, name: Buffer.from(name) })));
}

function ensureBelow(root: DirectoryHandle, path: string): DirectoryHandle {
  const opened: DirectoryHandle[] = [];
  for (const name of split(Buffer.from(path.slice(1)))) {
    const { handle, isNew } = (opened.at(-1) ?? root).ensureChild(name);
    if (isNew) fchmodSync(handle.fd, 0o755);
    opened.push(handle);
  }
  const last = opened.pop() ?? root;
  for (const handle of opened) handle.close();
  return last;
}

/** Equal for the same units of the same recovery point. */
function identityOf(units: readonly PointReader[]): string {
  return createHash('sha256')
    .update(canonicalJson(units.map(({ unit, facts }) => ({ unit, facts }))))
    .digest('hex');
}
