// What the cases of the engine contract share: the subject, dumping and reading it, and engines broken in usual ways.

import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../lib/clouds/local/clock.ts';
import type { UnitFacts } from '../../../lib/domain/backup-record.ts';
import type { StoredEntry } from '../../../lib/domain/entry.ts';
import { HoldfastError } from '../../../lib/domain/errors.ts';
import { Secret } from '../../../lib/domain/secret.ts';
import type {
  DumpSink,
  DumpUnit,
  Engine,
  EngineContext,
  EngineSource,
  MethodCapabilities,
  PointReader,
  RestoreRequest,
  RestoreTarget,
} from '../../../lib/ports/engine.ts';
import type { MemorySink } from '../../fakes/memory-sink.ts';
import { memorySink } from '../../fakes/memory-sink.ts';
import { instead } from '../contract.ts';

/** Takes part of a backup, and says by the harness's own means what differs from that part of the source. */
export interface PartialRestore {
  readonly request: Pick<RestoreRequest, 'selectedPaths' | 'selectedTables'>;
  /** The same for something that no recovery point has. */
  readonly unknown: Pick<RestoreRequest, 'selectedPaths' | 'selectedTables'>;
  differenceOf(target: RestoreTarget): Promise<string | undefined>;
}

/** An engine with one of its methods on a live source; what makes the source is the harness of each engine. */
export interface EngineSubject {
  readonly engine: Engine;
  readonly method: string;
  /** As a person writes them, for a source that is there and holds at least one file's worth of data. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Well-formed settings of a source that is not there. */
  readonly unreachable: Readonly<Record<string, unknown>>;
  /** Values behind the `credentialRef`s of the settings. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A text that must show itself nowhere: a password, or where there is none, something from the source's data. */
  readonly canary: string;
  /** An empty folder of this subject. */
  readonly folder: string;
  /** Changes the source so that a restore of an older point differs from it. */
  changeSource(): Promise<void>;
  /** For each kind of target that the method declares: a fresh, empty one. An in-place target is the source itself. */
  readonly targets: Readonly<Partial<Record<RestoreTarget['kind'], () => Promise<RestoreTarget>>>>;
  /** Puts something of somebody else's into a target, and tells later whether it is still as it was. */
  occupy(target: RestoreTarget): Promise<{ isUntouched(): Promise<boolean> }>;
  /** What differs between the source and a restored target by the judgement of other tools; undefined when nothing does. */
  differenceOf(target: RestoreTarget): Promise<string | undefined>;
  readonly partial?: PartialRestore;
  /** Entries that two dumps of an unchanged source must have in common; all of them unless said otherwise. */
  readonly isStable?: (entry: StoredEntry) => boolean;
  /** Log lines of every context are collected here, to look for secrets. */
  readonly logged: string[];
}

/** A context with a scratch directory of its own. */
export function engineContext(
  { folder, secrets, logged }: Pick<EngineSubject, 'folder' | 'secrets' | 'logged'>,
  signal: AbortSignal = new AbortController().signal,
): EngineContext {
  const write = (message: string, fields?: object): void =>
    void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const read = async (reference: string): Promise<Secret> => {
    const value = secrets[reference];
    if (value === undefined) throw new HoldfastError('NotFound', `unable to read secret '${reference}'`, { reference });
    return new Secret(value);
  };
  const log = { debug: write, info: write, warn: write, error: write };
  return { clock: systemClock, secrets: { read }, log, signal, scratchDir: mkdtempSync(join(folder, 'scratch-')) };
}

export function restoreRequest(target: RestoreTarget, more: Partial<RestoreRequest> = {}): RestoreRequest {
  return {
    target,
    selectedTables: [],
    selectedPaths: [],
    mayOverwrite: target.kind === 'in-place',
    progress: () => undefined,
    ...more,
  };
}

export const sourceOf = ({ engine, method, settings }: EngineSubject): EngineSource => ({
  store: 'contract-store',
  method,
  settings: engine.parseSettings(method, settings),
});

export interface Dumped {
  readonly unit: DumpUnit;
  readonly sink: MemorySink;
  readonly facts: UnitFacts;
}

/** Dumps every unit; against the units of an earlier dump where one is given. */
export async function dumpAll(subject: EngineSubject, previous: readonly Dumped[] = []): Promise<Dumped[]> {
  const source = sourceOf(subject);
  const units = await subject.engine.plan(source, engineContext(subject));
  const dumped: Dumped[] = [];
  for (const unit of units) {
    const before = previous.find((earlier) => earlier.unit.name === unit.name)?.sink;
    const sink = memorySink(before === undefined ? {} : { previous: before });
    dumped.push({ unit, sink, facts: await subject.engine.dump(source, unit, sink, engineContext(subject)) });
  }
  return dumped;
}

export const readersOf = (dumped: readonly Dumped[]): PointReader[] =>
  dumped.map(({ unit, sink, facts }) => sink.point(facts, unit.name));

export const capabilitiesOf = ({ engine, method }: EngineSubject): MethodCapabilities => {
  const found = engine.methods.find((capabilities) => capabilities.method === method);
  if (found === undefined) throw new HoldfastError('Internal', `the engine does not declare method '${method}'`);
  return found;
};

/** The first declared target that is not the source itself. */
export async function freshTarget({ targets }: EngineSubject): Promise<RestoreTarget> {
  const make = Object.entries(targets).find(([kind]) => kind !== 'in-place')?.[1];
  if (make === undefined) throw new HoldfastError('Internal', 'the harness has no target beside the source');
  return await make();
}

export async function restore(
  subject: EngineSubject,
  readers: readonly PointReader[],
  request: RestoreRequest,
): ReturnType<Engine['restore']> {
  return await subject.engine.restore(sourceOf(subject), readers, request, engineContext(subject));
}

/** Every byte of the largest entry's content turned over, as a bad disk under a store without checks would give it. */
export function damaged(reader: PointReader, largest: StoredEntry): PointReader {
  return {
    ...reader,
    async *read(entry) {
      for await (const bytes of reader.read(entry)) {
        yield entry.path.equals(largest.path) ? Uint8Array.from(bytes, (byte) => byte ^ 0xff) : bytes;
      }
    },
  };
}

export function refusing(reader: PointReader, largest: StoredEntry): PointReader {
  return {
    ...reader,
    async *read(entry) {
      if (entry.path.equals(largest.path))
        throw new HoldfastError('IntegrityViolation', 'a segment failed verification');
      yield* reader.read(entry);
    },
  };
}

export function lacking(reader: PointReader, lost: StoredEntry): PointReader {
  return {
    ...reader,
    async *entries() {
      for await (const entry of reader.entries()) if (!entry.path.equals(lost.path)) yield entry;
    },
  };
}

/** The readers with the one that holds the largest file worked over. */
export function withLargest(
  dumped: readonly Dumped[],
  change: (reader: PointReader, largest: StoredEntry) => PointReader,
): PointReader[] {
  const sizes = dumped.map(({ sink }) => Math.max(...sink.entries().map((entry) => entry.sizeBytes)));
  const at = sizes.indexOf(Math.max(...sizes));
  return dumped.map(({ unit, sink, facts }, index) => {
    const reader = sink.point(facts, unit.name);
    const largest = sink.entries().find((entry) => entry.sizeBytes === sizes[at]);
    return index === at && largest !== undefined ? change(reader, largest) : reader;
  });
}

export const fingerprintOf = (dumped: readonly Dumped[], isStable: EngineSubject['isStable'] = () => true): string[] =>
  dumped.flatMap(({ unit, sink }) =>
    sink
      .entries()
      .filter(isStable)
      .map(({ path, kind, sizeBytes, sha256 }) =>
        [unit.name, path.toString('latin1'), kind, sizeBytes, sha256].join(' '),
      ),
  );

export const changed =
  (changes: (engine: Engine, subject: EngineSubject) => Partial<Engine>) =>
  (subject: EngineSubject): EngineSubject => ({
    ...subject,
    engine: instead(subject.engine, changes(subject.engine, subject)),
  });

export const declaring = (changes: Partial<MethodCapabilities>): ((subject: EngineSubject) => EngineSubject) =>
  changed((engine) => ({ methods: engine.methods.map((method) => ({ ...method, ...changes })) }));

/** Makes a mutant that turns this failure into success. */
export const swallowing = changed((engine) => ({
  restore: (source, units, request, context) =>
    engine.restore(source, units, request, context).catch(() => ({
      restoredBytes: 1,
      restoredEntries: 1,
      compared: { equal: true, count: 1, detail: 'looks good' },
      warnings: [],
    })),
}));

export const UNREACHABLE_NAMES = ['SourceUnreachable', 'SourceAuthenticationFailed', 'SourceVersionUnsupported'];
export const DAMAGE_NAMES = ['RestoreMismatch', 'IntegrityViolation', 'DumpToolFailed'];
export const TARGET_SAMPLES: Readonly<Record<RestoreTarget['kind'], (folder: string) => RestoreTarget>> = {
  directory: (folder) => ({ kind: 'directory', path: join(folder, 'undeclared') }),
  'data-directory': (folder) => ({ kind: 'data-directory', path: join(folder, 'undeclared') }),
  database: () => ({ kind: 'database', settings: {}, database: 'undeclared' }),
  'in-place': () => ({ kind: 'in-place', settings: {} }),
};

/** A stop must be noticed at once; the rest is for a busy machine. */
export const STOP_SECONDS_MAX = 20;

/** A sink that takes the first file and throws it away. */
export function withoutFirstFile(sink: DumpSink): DumpSink {
  let isDropped = false;
  return instead(sink, {
    open: (entry) => {
      if (isDropped) return sink.open(entry);
      isDropped = true;
      return memorySink().open(entry);
    },
  });
}

/** Gives another sink what one sink was given. */
export async function replay(from: MemorySink, to: DumpSink): Promise<void> {
  const reader = from.point({ sourceVersion: '1', warnings: [], details: {} });
  for (const entry of from.entries()) {
    if (entry.kind !== 'file') {
      await to.add(entry);
      continue;
    }
    const writer = to.open(entry);
    for await (const bytes of reader.read(entry)) await writer.write(bytes);
    await writer.close();
  }
}
