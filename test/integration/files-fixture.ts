// What the tests of the files engine share: trees with everything a file system can hold, and other people's tools to compare them.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '../../lib/clouds/local/clock.ts';
import type { UnitFacts } from '../../lib/domain/backup-record.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import { files } from '../../lib/engines/files/engine.ts';
import type {
  Engine,
  EngineContext,
  EngineSource,
  PointReader,
  RestoreRequest,
  RestoreResult,
} from '../../lib/ports/engine.ts';
import type { MemorySink, MemorySinkOptions } from '../fakes/memory-sink.ts';
import { memorySink } from '../fakes/memory-sink.ts';

export interface Place {
  /** Absolute path of something below the test's folder. */
  path(...names: string[]): string;
  readonly context: (signal?: AbortSignal) => EngineContext;
  remove(): void;
}

/** On the real disk, not in memory: holes, attributes and change times are what is tested. */
export function filesPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const read = async (reference: string): Promise<never> => {
    throw new HoldfastError('NotFound', `unable to read secret '${reference}'`, { reference });
  };
  return {
    path: (...names) => join(folder, ...names),
    context: (signal = new AbortController().signal) => ({
      clock: systemClock,
      secrets: { read },
      log,
      signal,
      scratchDir: mkdtempSync(join(folder, 'scratch-')),
    }),
    remove: () => {
      // A tool, because Node cannot remove paths longer than the kernel takes.
      run('rm', ['-rf', folder]);
    },
  };
}

export function sourceOf(settings: Readonly<Record<string, unknown>>, engine: Engine = files): EngineSource {
  return { store: 'shared-files', method: 'tree', settings: engine.parseSettings('tree', settings) };
}

export interface Dumped {
  readonly sink: MemorySink;
  readonly facts: UnitFacts;
  readonly reader: PointReader;
}

export interface DumpOptions extends MemorySinkOptions {
  readonly engine?: Engine;
  readonly unit?: number;
  readonly signal?: AbortSignal;
}

/** Dumps one unit of a source. */
export async function dump(
  place: Place,
  source: EngineSource,
  { engine = files, unit = 0, signal, ...options }: DumpOptions = {},
): Promise<Dumped> {
  const sink = memorySink(options);
  const planned = (await engine.plan(source, place.context()))[unit]!;
  const facts = await engine.dump(source, planned, sink, place.context(signal));
  return { sink, facts, reader: sink.point(facts, planned.name) };
}

export async function restore(
  place: Place,
  source: EngineSource,
  readers: readonly PointReader[],
  request: Partial<RestoreRequest> & Pick<RestoreRequest, 'target'>,
  engine: Engine = files,
): Promise<RestoreResult> {
  const whole = { selectedTables: [], selectedPaths: [], mayOverwrite: false, progress: () => undefined, ...request };
  return await engine.restore(source, readers, whole, place.context());
}

/** Output of a tool that must succeed. File names go through as they are: latin1 keeps every byte. */
export function run(tool: string, args: readonly string[], cwd?: string): string {
  const result = spawnSync(tool, args, {
    encoding: 'latin1',
    maxBuffer: 256 * 1024 * 1024,
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `${tool} ${args.join(' ')}: ${result.error?.message ?? `code ${String(result.status)}`}: ${result.stderr}${result.stdout}`,
  );
}

/** A shell line, where names need bytes that a string cannot hold. */
export const shell = (line: string, cwd: string): string => run('bash', ['-euc', line], cwd);

export const hasTool = (tool: string): boolean => spawnSync(tool, ['--version']).error === undefined;

/** Kind, mode, owner, names, size, time and link target of everything, one line each. Sizes of directories mean nothing. */
const LISTING = '%P|%y|%#m|%U:%G|%n|%T@|%l';

export function listing(root: string): string {
  const args = ['.', '-mindepth', '1'];
  const dirs = run('find', [...args, '-type', 'd', '-printf', `${LISTING}\\0`], root);
  const others = run(
    'find',
    [...args, '!', '-type', 'd', '-printf', `${LISTING}|%s|%D-free\\0`.replace('|%D-free', '')],
    root,
  );
  return `${dirs}${others}`.split('\0').sort().join('\n');
}

/** What GNU diff and find see differ; undefined when they see nothing. */
export function treeDifference(left: string, right: string): string | undefined {
  const diff = spawnSync('diff', ['-r', '--no-dereference', left, right], { encoding: 'latin1' });
  // Fifos of two trees are told as different kinds of the same thing; find compares them below.
  const told = diff.stdout.replace(/^File [^]+? is a (fifo|character special file) while file [^]+? is a \1\n/gm, '');
  if (told !== '' || diff.status === 2) return `${told}${diff.stderr}`;
  const [leftLines, rightLines] = [listing(left).split('\n'), listing(right).split('\n')];
  const only = [
    ...leftLines.filter((line) => !rightLines.includes(line)),
    ...rightLines.filter((line) => !leftLines.includes(line)),
  ];
  return only.length === 0 ? undefined : only.slice(0, 10).join('\n');
}

/** A tree with one of everything that needs no special tool. */
export function makeTree(root: string): void {
  mkdirSync(join(root, 'empty'), { recursive: true });
  mkdirSync(join(root, 'deep/er'), { recursive: true });
  writeFileSync(join(root, 'a-first'), 'first in manifest order');
  writeFileSync(join(root, 'plain.txt'), 'hello\n');
  writeFileSync(join(root, 'nothing'), '');
  writeFileSync(join(root, 'deep/large.bin'), Buffer.alloc(3_000_000, 'payload '));
  writeFileSync(join(root, 'deep/er/script.sh'), '#!/bin/sh\n', { mode: 0o755 });
  chmodSync(join(root, 'deep/er/script.sh'), 0o4755);
  linkSync(join(root, 'deep/large.bin'), join(root, 'deep/er/same.bin'));
  symlinkSync('plain.txt', join(root, 'link'));
  symlinkSync('/nowhere/at all', join(root, 'dangling'));
  symlinkSync('deep', join(root, 'directory-link'));
  mkdirSync(join(root, 'sticky'));
  chmodSync(join(root, 'sticky'), 0o1777);
  writeFileSync(join(root, 'sparse.img'), 'start');
  truncateSync(join(root, 'sparse.img'), 10_000_000);
  run('mkfifo', [join(root, 'pipe')]);
  run('touch', ['-d', '2001-02-03 04:05:06.123456789 UTC', join(root, 'plain.txt')]);
  run('touch', ['-h', '-d', '1969-12-31 23:59:58.999999999 UTC', join(root, 'link')]);
  utimesSync(join(root, 'empty'), 5, 5);
}
