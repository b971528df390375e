// The body of a manifest entry: everything but its path, as one length-prefixed record that a search can step over.

import type { EntryKind } from '../../domain/entry.ts';
import { invariant } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { REPOSITORY_LIMITS } from '../repository-limits.ts';
import type { ContentRun, ManifestEntry } from './content-run.ts';

/** Numbers are part of the format. */
const KINDS: Readonly<Record<EntryKind, number>> = {
  file: 1,
  directory: 2,
  symlink: 3,
  hardlink: 4,
  fifo: 5,
  'character-device': 6,
  'block-device': 7,
};
const KIND_NAMES = new Map((Object.keys(KINDS) as EntryKind[]).map((kind) => [KINDS[kind], kind]));

const HAS = { ctime: 1, inode: 2, linkTarget: 4, xattrs: 8, deviceNumber: 16, dataRanges: 32, sha256: 64 } as const;
const FLAGS_MAX = 127;
const MODE_MAX = 0o7777;
const SHA256_BYTES = 32;
const NANOSECONDS = 1_000_000_000n;
const UINT32_MAX = 0xffffffff;

/** Attempts are named once per manifest and numbered in its entries. */
export interface AttemptNumbers {
  numberOf(attempt: string): number;
}
export interface AttemptNames {
  /** Undefined for a number that the manifest does not have. */
  nameOf(number: number): string | undefined;
}

/** Refuses what the decoder would refuse: an entry that nobody can read must not be written. */
export function encodeEntryBody(writer: ByteWriter, entry: ManifestEntry, attempts: AttemptNumbers): void {
  assertDecodable(entry);
  writer.u8(KINDS[entry.kind]).varint(flagsOf(entry)).varint(entry.mode).varint(entry.uid).varint(entry.gid);
  writeInstant(writer, entry.mtimeNs);
  if (entry.ctimeNs !== undefined) writeInstant(writer, entry.ctimeNs);
  if (entry.inode !== undefined) writer.varint(Number(entry.inode >> 32n)).varint(Number(entry.inode & 0xffffffffn));
  if (entry.linkTarget !== undefined) writer.sized(entry.linkTarget);
  if (entry.xattrs !== undefined) {
    writer.varint(entry.xattrs.length);
    for (const { name, value } of entry.xattrs) writer.sized(name).sized(value);
  }
  if (entry.deviceNumber !== undefined) writer.varint(entry.deviceNumber);
  if (entry.dataRanges !== undefined) writeRanges(writer, entry.dataRanges);
  writer.varint(entry.sizeBytes);
  if (entry.sha256 !== undefined) writer.bytes(Buffer.from(entry.sha256, 'hex'));
  writeRuns(writer, entry.content, attempts);
}

function assertDecodable(entry: ManifestEntry): void {
  const { mode, uid, gid, linkTarget, xattrs = [] } = entry;
  const isShort = ({ length }: Buffer): boolean => length <= REPOSITORY_LIMITS.xattrBytesMax;
  invariant(mode <= MODE_MAX, 'a mode has permission bits only');
  invariant(uid <= UINT32_MAX && gid <= UINT32_MAX, 'owner and group have 32 bits');
  invariant(linkTarget === undefined || linkTarget.length <= LIMITS.pathBytesMax, 'a link target is a path');
  invariant(xattrs.length <= REPOSITORY_LIMITS.xattrsMax, 'an entry has a bounded number of extended attributes');
  invariant(
    xattrs.every(({ name, value }) => isShort(name) && isShort(value)),
    'an extended attribute is bounded',
  );
}

/** @throws IntegrityViolation */
export function decodeEntryBody(reader: ByteReader, path: Buffer, attempts: AttemptNames): ManifestEntry {
  const kind = KIND_NAMES.get(reader.u8());
  if (kind === undefined) throw reader.malformed('an entry has an unknown kind');
  const flags = reader.varint(FLAGS_MAX);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const mode = reader.varint(MODE_MAX);
  const uid = reader.varint(UINT32_MAX);
  const gid = reader.varint(UINT32_MAX);
  const mtimeNs = readInstant(reader);
  const optional = {
    ...(has(HAS.ctime) && { ctimeNs: readInstant(reader) }),
    ...(has(HAS.inode) && { inode: (BigInt(reader.varint(UINT32_MAX)) << 32n) | BigInt(reader.varint(UINT32_MAX)) }),
    ...(has(HAS.linkTarget) && { linkTarget: Buffer.from(reader.sized(LIMITS.pathBytesMax)) }),
    ...(has(HAS.xattrs) && { xattrs: readXattrs(reader) }),
    ...(has(HAS.deviceNumber) && { deviceNumber: reader.varint() }),
    ...(has(HAS.dataRanges) && { dataRanges: readRanges(reader) }),
  };
  const sizeBytes = reader.varint();
  const hash = has(HAS.sha256) ? { sha256: reader.bytes(SHA256_BYTES).toString('hex') } : {};
  return { path, kind, mode, uid, gid, mtimeNs, ...optional, sizeBytes, ...hash, content: readRuns(reader, attempts) };
}

function flagsOf(entry: ManifestEntry): number {
  return (
    (entry.ctimeNs === undefined ? 0 : HAS.ctime) |
    (entry.inode === undefined ? 0 : HAS.inode) |
    (entry.linkTarget === undefined ? 0 : HAS.linkTarget) |
    (entry.xattrs === undefined ? 0 : HAS.xattrs) |
    (entry.deviceNumber === undefined ? 0 : HAS.deviceNumber) |
    (entry.dataRanges === undefined ? 0 : HAS.dataRanges) |
    (entry.sha256 === undefined ? 0 : HAS.sha256)
  );
}

/** Seconds rounded down and nanoseconds, so that instants before 1970 keep theirs. */
function writeInstant(writer: ByteWriter, nanoseconds: bigint): void {
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  writer.signed(Number((nanoseconds - rest) / NANOSECONDS)).varint(Number(rest));
}

const readInstant = (reader: ByteReader): bigint =>
  BigInt(reader.signed()) * NANOSECONDS + BigInt(reader.varint(999_999_999));

function readXattrs(reader: ByteReader): { name: Buffer; value: Buffer }[] {
  const count = reader.varint(REPOSITORY_LIMITS.xattrsMax);
  return Array.from({ length: count }, () => ({
    name: Buffer.from(reader.sized(REPOSITORY_LIMITS.xattrBytesMax)),
    value: Buffer.from(reader.sized(REPOSITORY_LIMITS.xattrBytesMax)),
  }));
}

function writeRanges(writer: ByteWriter, ranges: readonly (readonly [number, number])[]): void {
  writer.varint(ranges.length);
  let end = 0;
  for (const [offset, length] of ranges) {
    writer.varint(offset - end).varint(length);
    end = offset + length;
  }
}

function readRanges(reader: ByteReader): [number, number][] {
  const ranges: [number, number][] = [];
  let end = 0;
  for (let rest = reader.varint(); rest > 0; rest--) {
    const offset = end + reader.varint();
    const length = reader.varint();
    end = offset + length;
    if (!Number.isSafeInteger(end)) throw reader.malformed('a data range is too far out');
    ranges.push([offset, length]);
  }
  return ranges;
}

function writeRuns(writer: ByteWriter, runs: readonly ContentRun[], attempts: AttemptNumbers): void {
  writer.varint(runs.length);
  let expected = 0;
  for (const run of runs) {
    writer
      .varint(attempts.numberOf(run.attempt))
      .signed(run.firstChunk - expected)
      .varint(run.chunks);
    expected = run.firstChunk + run.chunks;
  }
}

function readRuns(reader: ByteReader, attempts: AttemptNames): ContentRun[] {
  const runs: ContentRun[] = [];
  let expected = 0;
  for (let rest = reader.varint(); rest > 0; rest--) {
    const attempt = attempts.nameOf(reader.varint());
    const firstChunk = expected + reader.signed();
    const chunks = reader.varint(UINT32_MAX);
    expected = firstChunk + chunks;
    if (attempt === undefined || chunks === 0 || firstChunk < 0 || expected > UINT32_MAX)
      throw reader.malformed('content lies nowhere');
    runs.push({ attempt, firstChunk, chunks });
  }
  return runs;
}
