// Dumps and restores a tree with bare synchronous system calls: what is left when the engine's care for details is taken away.

import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeSync,
} from 'node:fs';

import type { UnitFacts } from '../lib/domain/backup-record.ts';
import type { EntryMeta } from '../lib/domain/entry.ts';
import type { DumpSink, PointReader } from '../lib/ports/engine.ts';

const SLASH = Buffer.from('/');

export async function dumpPlainTree(root: string, sink: DumpSink): Promise<UnitFacts> {
  await walk(Buffer.from(root), Buffer.alloc(0), sink);
  return { sourceVersion: 'plain', warnings: [], details: {} };
}

async function walk(absolute: Buffer, relative: Buffer, sink: DumpSink): Promise<void> {
  const names = readdirSync(absolute, { encoding: 'buffer' }).sort((left, right) => Buffer.compare(left, right));
  for (const name of names) {
    const path = Buffer.concat([absolute, SLASH, name]);
    const inside = relative.length === 0 ? name : Buffer.concat([relative, SLASH, name]);
    const stat = lstatSync(path, { bigint: true });
    const meta = {
      path: inside,
      mode: Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtimeNs: stat.mtimeNs,
      ctimeNs: stat.ctimeNs,
      inode: stat.ino,
    };
    if (stat.isDirectory()) {
      await sink.add({ ...meta, kind: 'directory' });
      await walk(path, inside, sink);
    } else if (stat.isSymbolicLink()) {
      await sink.add({ ...meta, kind: 'symlink', linkTarget: readlinkSync(path, { encoding: 'buffer' }) });
    } else if (stat.isFile()) {
      await dumpFile(path, { ...meta, kind: 'file' }, stat.size, sink);
    }
  }
}

async function dumpFile(path: Buffer, meta: EntryMeta, sizeBytes: bigint, sink: DumpSink): Promise<void> {
  const before = await sink.previous(meta.path);
  if (before?.kind === 'file' && before.mtimeNs === meta.mtimeNs && BigInt(before.sizeBytes) === sizeBytes)
    return sink.reuse(meta);
  const descriptor = openSync(path, 'r');
  try {
    const content = sink.open(meta);
    for (let done = 0n; done < sizeBytes;) {
      const room = content.reserve();
      const length = readSync(descriptor, room, 0, room.length, null);
      if (length === 0) break;
      done += BigInt(length);
      const wait = content.commit(length);
      if (wait !== undefined) await wait;
    }
    await content.close();
  } finally {
    closeSync(descriptor);
  }
}

export async function restorePlainTree(unit: PointReader, root: string): Promise<number> {
  const base = Buffer.from(root);
  mkdirSync(base, { recursive: true });
  let entries = 0;
  for await (const entry of unit.entries()) {
    entries += 1;
    const path = Buffer.concat([base, SLASH, entry.path]);
    if (entry.kind === 'directory') mkdirSync(path);
    else if (entry.kind === 'symlink') symlinkSync(entry.linkTarget!, path);
    else if (entry.kind === 'file') {
      const descriptor = openSync(path, 'wx', entry.mode);
      for await (const piece of unit.read(entry)) writeSync(descriptor, piece);
      closeSync(descriptor);
    }
  }
  return entries;
}
