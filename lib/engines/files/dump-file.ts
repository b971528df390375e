// Reads one regular file into the sink, straight into the chunker's window. A live file may change under the reader: it is then
// recorded as far as it was read, said so, and marked so that the next increment reads it again.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';

import type { EntryMeta } from '../../domain/entry.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { ContentWriter, DumpSink } from '../../ports/engine.ts';
import { errorCode, shownPath } from './findings.ts';
import type { Findings } from './findings.ts';
import type { ReadMoment } from './read-moment.ts';
import { SparseReader } from './sparse.ts';
import type { Turns } from './turns.ts';
import type { Found, Walk } from './walk.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Not in Node's constants elsewhere than on Linux. */
const O_NOATIME = constants.O_NOATIME ?? 0;

/** One read call: large enough that its cost vanishes, small enough that the event loop gets its turn. */
export const READ_BYTES_MAX = 1024 * 1024;

export interface FileDump {
  readonly sink: DumpSink;
  readonly walk: Walk;
  readonly findings: Findings;
  readonly turns: Turns;
  readonly moment: ReadMoment;
  readonly progressed: () => void;
}

/**
 * Returns the state of the file that was read, which may be another one than was found a moment ago; undefined when nothing was
 * recorded because the file is gone, denied or no file any more. The findings say which.
 */
export async function dumpFile(
  found: Found,
  xattrs: Pick<EntryMeta, 'xattrs'>,
  dump: FileDump,
): Promise<BigIntStats | undefined> {
  const fd = dump.findings.attempt(found.path, () => openForReading(found));
  if (fd === undefined) return undefined;
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile() || !dump.walk.isOnDevice(before)) {
      return dump.findings.changed('became something else while the tree was read', found.path);
    }
    const isSparse = before.blocks * 512n < before.size;
    const writer = dump.sink.open({ ...metaOf(found.path, 'file', before), ...xattrs });
    const content = { fd, sizeBytes: Number(before.size), path: found.path, writer };
    const sparse = isSparse ? new SparseReader(content.writer) : undefined;
    const readBytes = sparse === undefined ? await readDense(content, dump) : await readSparse(content, sparse, dump);
    const after = fstatSync(fd, { bigint: true });
    const isSteady = readBytes === content.sizeBytes && isSameState(before, after);
    if (!isSteady) dump.findings.changed('changed while read', found.path);
    await writer.close({ ...patchOf(after, isSteady && dump.moment.isSettled(after)), ...sparse?.ranges() });
    dump.findings.bytesRead += sparse?.dataBytes ?? readBytes;
    return after;
  } finally {
    closeSync(fd);
  }
}

export function metaOf(path: Buffer, kind: EntryMeta['kind'], stat: BigIntStats): EntryMeta {
  return {
    path,
    kind,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtimeNs: stat.mtimeNs,
  };
}

/** Change time and inode only where they can be trusted to show the next change: without them an entry never counts as unchanged. */
function patchOf(stat: BigIntStats, isTrusted: boolean): Partial<EntryMeta> {
  const { mode, uid, gid, mtimeNs } = metaOf(Buffer.alloc(0), 'file', stat);
  return { mode, uid, gid, mtimeNs, ...(isTrusted ? { ctimeNs: stat.ctimeNs, inode: stat.ino } : {}) };
}

const isSameState = (before: BigIntStats, after: BigIntStats): boolean =>
  before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;

/** Not blocking, because a fifo may stand where a file stood a moment ago. Reading must not change access times, where we may say so. */
function openForReading({ directory, name, isFollowed }: Found): number {
  const path = directory.child(name);
  const flags = O_RDONLY | O_NONBLOCK | (isFollowed ? 0 : O_NOFOLLOW);
  try {
    return openSync(path, flags | O_NOATIME);
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    return openSync(path, flags);
  }
}

interface Content {
  readonly fd: number;
  /** At opening: a file that grows is read this far, or a growing log would never end. */
  readonly sizeBytes: number;
  readonly path: Buffer;
  readonly writer: ContentWriter;
}

/** How many bytes there were: fewer than expected when the file shrank. */
async function readDense({ fd, sizeBytes, path, writer }: Content, { turns, progressed }: FileDump): Promise<number> {
  let offset = 0;
  while (offset < sizeBytes) {
    const view = writer.reserve();
    const length = readAt({
      fd,
      path,
      view,
      wanted: Math.min(view.length, sizeBytes - offset, READ_BYTES_MAX),
      offset,
    });
    if (length === 0) break;
    offset += length;
    const room = writer.commit(length);
    if (room !== undefined) await room;
    const turn = turns.take();
    if (turn === undefined) continue;
    await turn;
    progressed();
  }
  return offset;
}

async function readSparse(
  { fd, sizeBytes, path }: Content,
  sparse: SparseReader,
  { turns, progressed }: FileDump,
): Promise<number> {
  const view = Buffer.alloc(READ_BYTES_MAX);
  let offset = 0;
  while (offset < sizeBytes) {
    const wanted = Math.min(view.length, sizeBytes - offset);
    // A short read would shift the pieces off their alignment: holes are looked for in whole reads only.
    const length = readFullyAt({ fd, path, view, wanted, offset });
    if (length === 0) break;
    await sparse.take(view.subarray(0, length));
    offset += length;
    const turn = turns.take();
    if (turn === undefined) continue;
    await turn;
    progressed();
  }
  await sparse.end();
  return offset;
}

interface ReadCall {
  readonly fd: number;
  readonly path: Buffer;
  readonly view: Uint8Array;
  readonly wanted: number;
  readonly offset: number;
}

/** The writer cannot take bytes back, so a disk that fails in the middle of a file fails the attempt: half a file is no backup. */
function readAt({ fd, path, view, wanted, offset }: ReadCall): number {
  try {
    return readSync(fd, view, 0, wanted, offset);
  } catch (error) {
    const code = errorCode(error);
    throw new HoldfastError(
      'DumpIncomplete',
      `unable to read '${shownPath(path)}' at byte ${offset}: ${code}`,
      { code, offset },
      { cause: error },
    );
  }
}

function readFullyAt(call: ReadCall): number {
  let done = 0;
  while (done < call.wanted) {
    const length = readAt({
      ...call,
      view: call.view.subarray(done),
      wanted: call.wanted - done,
      offset: call.offset + done,
    });
    if (length === 0) break;
    done += length;
  }
  return done;
}
