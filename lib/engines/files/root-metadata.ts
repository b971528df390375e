// The metadata of a unit's root directory. A manifest has no entry for the root itself, so it travels in the unit's facts.

import type { BigIntStats } from 'node:fs';

import type { UnitFacts } from '../../domain/backup-record.ts';
import type { EntryMeta } from '../../domain/entry.ts';
import type { Xattr } from './system-calls.ts';

/** Facts stay small: attributes of a root beyond this are not worth a record that cannot be written. */
const ROOT_XATTR_BYTES_MAX = 1024;

export function rootDetails(stat: BigIntStats, xattrs: readonly Xattr[]): UnitFacts['details'] {
  const text = xattrs.map(({ name, value }) => `${name.toString('hex')}=${value.toString('hex')}`).join(' ');
  return {
    rootMode: Number(stat.mode & 0o7777n),
    rootUid: Number(stat.uid),
    rootGid: Number(stat.gid),
    rootMtimeNs: String(stat.mtimeNs),
    ...(text === '' || text.length > ROOT_XATTR_BYTES_MAX ? {} : { rootXattrs: text }),
  };
}

/** Undefined for a unit that is one file, and for a point that does not say. */
export function rootEntry({ details }: UnitFacts): EntryMeta | undefined {
  const { pathKind, rootMode, rootUid, rootGid, rootMtimeNs, rootXattrs } = details;
  if (
    pathKind !== 'directory' ||
    typeof rootMode !== 'number' ||
    typeof rootUid !== 'number' ||
    typeof rootGid !== 'number'
  )
    return undefined;
  const xattrs = typeof rootXattrs === 'string' ? rootXattrs.split(' ').map(xattrOf) : [];
  return {
    path: Buffer.from('.'),
    kind: 'directory',
    mode: rootMode,
    uid: rootUid,
    gid: rootGid,
    mtimeNs: BigInt(String(rootMtimeNs)),
    xattrs,
  };
}

function xattrOf(text: string): Xattr {
  const [name = '', value = ''] = text.split('=');
  return { name: Buffer.from(name, 'hex'), value: Buffer.from(value, 'hex') };
}
