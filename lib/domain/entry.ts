// One entry of a recovery point: a file, directory or link with its metadata. Paths are raw bytes, because file names need not be UTF-8.

export const ENTRY_KINDS = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'fifo',
  'character-device',
  'block-device',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface EntryMeta {
  /** Relative to the unit's root, `/` between components, no leading slash, never `.` or `..`. */
  readonly path: Buffer;
  readonly kind: EntryKind;
  /** Permission bits, 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since the epoch; a file tree's times do not fit a double. */
  readonly mtimeNs: bigint;
  /** Change time and inode are kept only to notice changes between two backups; a restore cannot set them. */
  readonly ctimeNs?: bigint;
  readonly inode?: bigint;
  /** Target of a symlink (as stored), or path of the first name of a hard link. */
  readonly linkTarget?: Buffer;
  readonly xattrs?: readonly { readonly name: Buffer; readonly value: Buffer }[];
  readonly deviceNumber?: number;
  /** Ranges `[offset, length]` that hold data, when the file has holes; absent: no holes. */
  readonly dataRanges?: readonly (readonly [number, number])[];
}

/** An entry as a recovery point holds it: metadata plus size, whole-content hash and, inside the repository, where the bytes lie. */
export interface StoredEntry extends EntryMeta {
  /** Logical size, holes included; 0 for all but files. */
  readonly sizeBytes: number;
  /** SHA-256 of the content (holes read as zeros), hex; only for files. */
  readonly sha256?: string;
}

/** Component-wise byte order: a directory comes before its content, and `a/b` before `a-b`. The order of every manifest. */
export function comparePaths(left: Buffer, right: Buffer): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left[i] ?? 0;
    const b = right[i] ?? 0;
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

const SLASH = 0x2f;
const rank = (byte: number): number => (byte === SLASH ? -1 : byte);

/** For people only: invalid UTF-8 is shown as replacement characters. */
export const pathText = (path: Buffer): string => path.toString('utf8');
