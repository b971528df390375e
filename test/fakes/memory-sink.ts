// A dump sink and point reader in memory that hold an engine to every obligation of the port: one file at a time, each path once,
// legal paths only, the previous point asked in manifest order.

import { createHash } from 'node:crypto';

import type { UnitFacts } from '../../lib/domain/backup-record.ts';
import type { EntryMeta, StoredEntry } from '../../lib/domain/entry.ts';
import { comparePaths } from '../../lib/domain/entry.ts';
import type { ContentWriter, DumpSink, PointReader } from '../../lib/ports/engine.ts';

/** Content with its holes left out, so that a sparse gigabyte costs no memory. */
type Piece = { readonly bytes: Buffer } | { readonly zeros: number };

export interface MemoryEntry {
  readonly entry: StoredEntry;
  readonly pieces: readonly Piece[];
}

export interface MemorySink extends DumpSink {
  /** Paths as latin1 text, so that every byte is kept. */
  readonly contents: ReadonlyMap<string, MemoryEntry>;
  /** Bytes that came through writers, holes not counted. */
  readonly writtenBytes: number;
  /** Paths whose content was taken over from the previous point. */
  readonly reusedPaths: readonly string[];
  readonly openWriters: number;
  entries(): readonly StoredEntry[];
  entry(path: string): StoredEntry | undefined;
  text(path: string): string;
  point(facts: UnitFacts, unit?: string): PointReader;
}

export interface MemorySinkOptions {
  /** The point that `previous()` and `reuse()` answer from. */
  readonly previous?: MemorySink;
  /** Runs before every commit of a writer: to change the source while it is read, or to fail. */
  readonly beforeCommit?: (path: string, bytes: number) => void | Promise<void>;
  /** Size of the view that reserve() gives. */
  readonly viewBytes?: number;
}

export function memorySink(options: MemorySinkOptions = {}): MemorySink {
  const contents = new Map<string, MemoryEntry>();
  const reusedPaths: string[] = [];
  const counts = { writtenBytes: 0, openWriters: 0 };
  let lastAsked: Buffer | undefined;

  const store = (entry: StoredEntry, pieces: readonly Piece[]): void => {
    const key = entry.path.toString('latin1');
    assertLegalPath(entry.path);
    if (contents.has(key)) throw new Error(`the engine added path '${key}' twice`);
    contents.set(key, { entry: { ...entry, path: Buffer.from(entry.path) }, pieces });
  };
  return {
    contents,
    reusedPaths,
    get writtenBytes() {
      return counts.writtenBytes;
    },
    get openWriters() {
      return counts.openWriters;
    },
    add: async (entry) => {
      if (entry.kind === 'file') throw new Error('the engine added a file without content');
      store({ ...entry, sizeBytes: 0 }, []);
    },
    open: (entry) => {
      if (counts.openWriters > 0) throw new Error('the engine opened two files at a time');
      if (entry.kind !== 'file') throw new Error(`the engine opened a ${entry.kind}`);
      counts.openWriters++;
      return memoryWriter(entry, options, (stored, pieces, written) => {
        counts.openWriters--;
        counts.writtenBytes += written;
        store(stored, pieces);
      });
    },
    previous: async (path) => {
      if (lastAsked !== undefined && comparePaths(lastAsked, path) >= 0) {
        throw new Error(`the engine asked for '${path.toString()}' out of manifest order`);
      }
      lastAsked = Buffer.from(path);
      return options.previous?.contents.get(path.toString('latin1'))?.entry;
    },
    reuse: async (entry) => {
      const known = options.previous?.contents.get(entry.path.toString('latin1'));
      if (known?.entry.sha256 === undefined) throw new Error('the engine reused a path that holds no content');
      reusedPaths.push(entry.path.toString('latin1'));
      store({ ...entry, sizeBytes: known.entry.sizeBytes, sha256: known.entry.sha256 }, known.pieces);
    },
    progress: () => undefined,
    entries: () =>
      [...contents.values()].map(({ entry }) => entry).sort((left, right) => comparePaths(left.path, right.path)),
    entry: (path) => contents.get(path)?.entry,
    text: (path) => {
      const pieces = contents.get(path)?.pieces ?? [];
      return Buffer.concat([...plain(pieces)]).toString();
    },
    point(facts, unit = 'path/0') {
      return pointOf([...contents.values()], facts, unit);
    },
  };
}

/** A reader of any entries in the given order: crafted ones need not have come from an engine, nor be legal. */
export function pointOf(
  entries: readonly MemoryEntry[],
  facts: UnitFacts,
  unit = 'path/0',
  order: 'sorted' | 'as-given' = 'sorted',
): PointReader {
  const ordered =
    order === 'sorted' ? entries.toSorted((left, right) => comparePaths(left.entry.path, right.entry.path)) : entries;
  const piecesOf = new Map(ordered.map(({ entry, pieces }) => [entry.path.toString('latin1'), pieces]));
  return {
    unit,
    facts,
    async *entries() {
      for (const { entry } of ordered) yield entry;
    },
    async *read(entry) {
      yield* plain(piecesOf.get(entry.path.toString('latin1')) ?? []);
    },
  };
}

/** An entry with content, its hash and size worked out. */
export function memoryFile(entry: EntryMeta, content: string | Buffer): MemoryEntry {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { entry: { ...entry, sizeBytes: bytes.length, sha256 }, pieces: [{ bytes }] };
}

const ZEROS = Buffer.alloc(1024 * 1024);

function* plain(pieces: readonly Piece[]): Generator<Buffer> {
  for (const piece of pieces) {
    if ('bytes' in piece) yield piece.bytes;
    else
      for (let left = piece.zeros; left > 0; left -= ZEROS.length)
        yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  }
}

function memoryWriter(
  opened: EntryMeta,
  { beforeCommit, viewBytes = 64 * 1024 }: MemorySinkOptions,
  closed: (entry: StoredEntry, pieces: readonly Piece[], written: number) => void,
): ContentWriter {
  const hash = createHash('sha256');
  const pieces: Piece[] = [];
  const path = opened.path.toString('latin1');
  let view: Buffer | undefined;
  let sizeBytes = 0;
  let written = 0;
  let isClosed = false;
  const take = async (bytes: Buffer): Promise<void> => {
    if (isClosed) throw new Error('the engine wrote to a closed file');
    pieces.push({ bytes });
    hash.update(bytes);
    sizeBytes += bytes.length;
    written += bytes.length;
    await beforeCommit?.(path, sizeBytes);
  };
  return {
    reserve: () => (view = Buffer.alloc(viewBytes)),
    commit(length) {
      if (view === undefined || length > view.length) throw new Error('the engine committed what it did not reserve');
      const bytes = view.subarray(0, length);
      view = undefined;
      return take(bytes);
    },
    write: async (bytes) => await take(Buffer.from(bytes)),
    skip: async (length) => {
      if (length <= 0) throw new Error('the engine skipped nothing');
      for (const zeros of plain([{ zeros: length }])) hash.update(zeros);
      pieces.push({ zeros: length });
      sizeBytes += length;
    },
    close: async (patch = {}) => {
      if (isClosed) throw new Error('the engine closed a file twice');
      isClosed = true;
      const sha256 = hash.digest('hex');
      closed({ ...opened, ...patch, sizeBytes, sha256 }, pieces, written);
      return { sizeBytes, sha256 };
    },
  };
}

function assertLegalPath(path: Buffer): void {
  const components = path.toString('latin1').split('/');
  const isIllegal = components.some((component) => ['', '.', '..'].includes(component) || component.includes('\0'));
  if (isIllegal) throw new Error(`the engine gave an illegal path '${path.toString()}'`);
}
