// A program that files-restore.test.ts runs as a user without privileges: dumps or restores, and prints what came of it as JSON.

import { chmodSync, lstatSync } from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../../lib/clouds/local/clock.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import type { EntryMeta } from '../../lib/domain/entry.ts';
import { files } from '../../lib/engines/files/engine.ts';
import type { EngineContext } from '../../lib/ports/engine.ts';
import { memoryFile, memorySink, pointOf } from '../fakes/memory-sink.ts';

interface Task {
  readonly what: 'dump' | 'restore-odd-modes';
  readonly source: string;
  readonly target: string;
  readonly scratch: string;
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task;

const nothing = (): void => undefined;
const context: EngineContext = {
  clock: systemClock,
  secrets: { read: async () => await Promise.reject(new Error('no secrets here')) },
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  signal: new AbortController().signal,
  scratchDir: task.scratch,
};

async function dumpSource(): Promise<object> {
  const source = { store: 's', method: 'tree', settings: files.parseSettings('tree', { paths: [task.source] }) };
  const sink = memorySink();
  const unit = { name: 'path/0', sizeBytesEstimate: 0, spec: { path: task.source } };
  const facts = await files.dump(source, unit, sink, context);
  return { facts, paths: sink.entries().map(({ path }) => path.toString()) };
}

async function restoreOddModes(): Promise<object> {
  const meta = (path: string, kind: EntryMeta['kind'], mode: number): EntryMeta => ({
    path: Buffer.from(path),
    kind,
    mode,
    uid: 1,
    gid: 1,
    mtimeNs: 1_234_567_890_123_456_789n,
  });
  const entries = [
    memoryFile(meta('closed', 'file', 0), 'nobody may read this'),
    { entry: { ...meta('locked', 'directory', 0), sizeBytes: 0 }, pieces: [] },
    memoryFile(meta('locked/inside', 'file', 0o200), 'inside'),
    { entry: { ...meta('null', 'character-device', 0o666), deviceNumber: 0x103, sizeBytes: 0 }, pieces: [] },
    { entry: { ...meta('pipe', 'fifo', 0o640), sizeBytes: 0 }, pieces: [] },
    memoryFile(meta('setuid', 'file', 0o4755), 'program'),
  ];
  const reader = pointOf(entries, {
    sourceVersion: '1',
    warnings: [],
    details: { path: '/srv', pathKind: 'directory' },
  });
  const source = { store: 's', method: 'tree', settings: files.parseSettings('tree', { paths: ['/srv'] }) };
  const request = {
    target: { kind: 'directory', path: task.target },
    selectedTables: [],
    selectedPaths: [],
    mayOverwrite: false,
    progress: nothing,
  } as const;
  const result = await files.restore(source, [reader], request, context);
  const modeOf = (path: string): string => (lstatSync(join(task.target, path)).mode & 0o7777).toString(8);
  const modes = { closed: modeOf('closed'), locked: modeOf('locked'), setuid: modeOf('setuid') };
  chmodSync(join(task.target, 'locked'), 0o700);
  return { result, modes: { ...modes, 'locked/inside': modeOf('locked/inside') } };
}

try {
  console.log(JSON.stringify(await (task.what === 'dump' ? dumpSource() : restoreOddModes())));
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.log(JSON.stringify({ error: error.name, message: error.message }));
}
