// A dump sink and point reader that keep a unit as plain files in a directory, so that engines can be tested without the repository
// and with more data than fits in memory.
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { UnitFacts } from '../../lib/domain/backup-record.ts';
import { comparePaths, type EntryMeta, type StoredEntry } from '../../lib/domain/entry.ts';
import type { ContentWriter, DumpSink, PointReader } from '../../lib/ports/engine.ts';

export interface DirectorySinkOptions {
  /** Runs before bytes are taken: to slow the sink down, to change the source, to fail. */
  readonly beforeWrite?: (path: string, bytes: Uint8Array) => void | Promise<void>;
}

export interface DirectorySink extends DumpSink {
  readonly stored: ReadonlyMap<string, StoredEntry>;
  readonly phases: ReadonlySet<string>;
  /** Where an entry's bytes lie, to damage them. */
  fileOf(path: string): string;
  point(facts: UnitFacts, unit: string): PointReader;
  /** Leaves an entry out of what `point` gives, as if it had never been stored. */
  forget(path: string): void;
}

export function directorySink(folder: string, options: DirectorySinkOptions = {}): DirectorySink {
  const stored = new Map<string, StoredEntry>();
  const phases = new Set<string>();
  let isOpen = false;
  const fileOf = (path: string): string => join(folder, Buffer.from(path, 'latin1').toString('hex').slice(-200));
  const keep = (entry: StoredEntry): void => {
    const key = entry.path.toString('latin1');
    if (stored.has(key)) throw new Error(`the engine stored '${key}' twice`);
    stored.set(key, entry);
  };

  const open = (entry: EntryMeta): ContentWriter => {
    if (isOpen) throw new Error('the engine opened a second file');
    isOpen = true;
    const key = entry.path.toString('latin1');
    mkdirSync(dirname(fileOf(key)), { recursive: true });
    const file = openSync(fileOf(key), 'w');
    const hash = createHash('sha256');
    const view = Buffer.alloc(64 * 1024);
    let sizeBytes = 0;
    const write = async (bytes: Uint8Array): Promise<void> => {
      await options.beforeWrite?.(key, bytes);
      hash.update(bytes);
      sizeBytes += bytes.length;
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    };
    return {
      reserve: () => view,
      commit: (length) => write(view.subarray(0, length)),
      write,
      skip: (length) => write(Buffer.alloc(length)),
      close: async (patch = {}) => {
        closeSync(file);
        isOpen = false;
        const sha256 = hash.digest('hex');
        keep({ ...entry, ...patch, sizeBytes, sha256 });
        return { sizeBytes, sha256 };
      },
    };
  };

  return {
    stored,
    phases,
    fileOf,
    open,
    add: async (entry) => keep({ ...entry, sizeBytes: 0 }),
    previous: async () => undefined,
    reuse: async () => {
      throw new Error('there is no previous point');
    },
    progress: ({ phase }) => void phases.add(phase),
    forget: (path) => void stored.delete(path),
    point: (facts, unit) => ({
      unit,
      facts,
      entries: async function* () {
        yield* [...stored.values()].sort((left, right) => comparePaths(left.path, right.path));
      },
      read: (entry) => createReadStream(fileOf(entry.path.toString('latin1')), { highWaterMark: 256 * 1024 }),
    }),
  };
}
