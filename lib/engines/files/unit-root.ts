// Opens the root of a unit: a directory, or the directory of a single file. Says by name why a root cannot be backed up.

import { statfsSync, statSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { posix } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import type { DumpUnit } from '../../ports/engine.ts';
import { DirectoryHandle } from './directory-handle.ts';
import { errorCode } from './findings.ts';

export interface UnitRoot {
  readonly path: string;
  readonly stat: BigIntStats;
  readonly handle: DirectoryHandle;
  readonly handlePath: string;
  /** The unit is this one file of the directory. */
  readonly onlyName?: Buffer;
}

export const unitName = (index: number): string => `path/${index}`;

export function unitPath(unit: Pick<DumpUnit, 'name' | 'spec'>): string {
  const path = unit.spec['path'];
  if (typeof path === 'string') return path;
  throw new HoldfastError('InvalidRequest', `unable to read unit '${unit.name}': it names no path`, {
    unit: unit.name,
  });
}

/** A root that is a symlink is followed: the person who named it means what it leads to. @throws SourceUnreachable, SourcePrivilegeMissing */
export function openUnitRoot(path: string): UnitRoot {
  try {
    const stat = statSync(path, { bigint: true });
    if (stat.isDirectory()) return { path, stat, handle: DirectoryHandle.open(path), handlePath: path };
    const handlePath = posix.dirname(path);
    return {
      path,
      stat,
      handle: DirectoryHandle.open(handlePath),
      handlePath,
      onlyName: Buffer.from(posix.basename(path)),
    };
  } catch (error) {
    throw rootError(path, error);
  }
}

export function statRoot(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    throw rootError(path, error);
  }
}

function rootError(path: string, error: unknown): HoldfastError {
  const code = errorCode(error);
  const name = code === 'EACCES' || code === 'EPERM' ? 'SourcePrivilegeMissing' : 'SourceUnreachable';
  return new HoldfastError(name, `unable to open the tree at '${path}': ${code}`, { path, code }, { cause: error });
}

/** Magic numbers of statfs(2), for people: where a tree lies explains most of its oddities. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
  0x6969: 'nfs',
  0x794c7630: 'overlayfs',
  0x2fc12fc1: 'zfs',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb2',
  0x65735546: 'fuse',
};

export function fileSystemOf(path: string): string {
  const { type } = statfsSync(path);
  return FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`;
}
