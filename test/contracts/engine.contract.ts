// The contract of lib/ports/engine.ts, for every engine on a real source: complete or an error, restored equal by another's judgement.

import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { expect } from '@jest/globals';

import { systemClock } from '../../lib/clouds/local/clock.ts';
import type { UnitFacts } from '../../lib/domain/backup-record.ts';
import { BACKUP_TYPES } from '../../lib/domain/backup-record.ts';
import type { StoredEntry } from '../../lib/domain/entry.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import { canonicalJson } from '../../lib/domain/json.ts';
import { LIMITS } from '../../lib/domain/limits.ts';
import { Secret } from '../../lib/domain/secret.ts';
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
} from '../../lib/ports/engine.ts';
import type { MemorySink } from '../fakes/memory-sink.ts';
import { memorySink } from '../fakes/memory-sink.ts';
import type { ContractCase, MakeSubject } from './contract.ts';
import { failureOf, instead, runContract, runMutants } from './contract.ts';

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

export function engineContract(name: string, make: MakeSubject<EngineSubject>): void {
  runContract(`engine contract: ${name}`, engineCases, make);
}

export function engineMutants(name: string, make: MakeSubject<EngineSubject>): void {
  runMutants(`engine contract: ${name}`, engineCases, make);
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

const sourceOf = ({ engine, method, settings }: EngineSubject): EngineSource => ({
  store: 'contract-store',
  method,
  settings: engine.parseSettings(method, settings),
});

interface Dumped {
  readonly unit: DumpUnit;
  readonly sink: MemorySink;
  readonly facts: UnitFacts;
}

/** Dumps every unit; against the units of an earlier dump where one is given. */
async function dumpAll(subject: EngineSubject, previous: readonly Dumped[] = []): Promise<Dumped[]> {
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

const readersOf = (dumped: readonly Dumped[]): PointReader[] =>
  dumped.map(({ unit, sink, facts }) => sink.point(facts, unit.name));

const capabilitiesOf = ({ engine, method }: EngineSubject): MethodCapabilities => {
  const found = engine.methods.find((capabilities) => capabilities.method === method);
  if (found === undefined) throw new HoldfastError('Internal', `the engine does not declare method '${method}'`);
  return found;
};

/** The first declared target that is not the source itself. */
async function freshTarget({ targets }: EngineSubject): Promise<RestoreTarget> {
  const make = Object.entries(targets).find(([kind]) => kind !== 'in-place')?.[1];
  if (make === undefined) throw new HoldfastError('Internal', 'the harness has no target beside the source');
  return await make();
}

async function restore(
  subject: EngineSubject,
  readers: readonly PointReader[],
  request: RestoreRequest,
): ReturnType<Engine['restore']> {
  return await subject.engine.restore(sourceOf(subject), readers, request, engineContext(subject));
}

/** Every byte of the largest entry's content turned over, as a bad disk under a store without checks would give it. */
function damaged(reader: PointReader, largest: StoredEntry): PointReader {
  return {
    ...reader,
    async *read(entry) {
      for await (const bytes of reader.read(entry)) {
        yield entry.path.equals(largest.path) ? Uint8Array.from(bytes, (byte) => byte ^ 0xff) : bytes;
      }
    },
  };
}

function refusing(reader: PointReader, largest: StoredEntry): PointReader {
  return {
    ...reader,
    async *read(entry) {
      if (entry.path.equals(largest.path))
        throw new HoldfastError('IntegrityViolation', 'a segment failed verification');
      yield* reader.read(entry);
    },
  };
}

function lacking(reader: PointReader, lost: StoredEntry): PointReader {
  return {
    ...reader,
    async *entries() {
      for await (const entry of reader.entries()) if (!entry.path.equals(lost.path)) yield entry;
    },
  };
}

/** The readers with the one that holds the largest file worked over. */
function withLargest(
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

const fingerprintOf = (dumped: readonly Dumped[], isStable: EngineSubject['isStable'] = () => true): string[] =>
  dumped.flatMap(({ unit, sink }) =>
    sink
      .entries()
      .filter(isStable)
      .map(({ path, kind, sizeBytes, sha256 }) =>
        [unit.name, path.toString('latin1'), kind, sizeBytes, sha256].join(' '),
      ),
  );

const changed =
  (changes: (engine: Engine, subject: EngineSubject) => Partial<Engine>) =>
  (subject: EngineSubject): EngineSubject => ({
    ...subject,
    engine: instead(subject.engine, changes(subject.engine, subject)),
  });

const declaring = (changes: Partial<MethodCapabilities>): ((subject: EngineSubject) => EngineSubject) =>
  changed((engine) => ({ methods: engine.methods.map((method) => ({ ...method, ...changes })) }));

/** Makes a mutant that turns this failure into success. */
const swallowing = changed((engine) => ({
  restore: (source, units, request, context) =>
    engine.restore(source, units, request, context).catch(() => ({
      restoredBytes: 1,
      restoredEntries: 1,
      compared: { equal: true, count: 1, detail: 'looks good' },
      warnings: [],
    })),
}));

const UNREACHABLE_NAMES = ['SourceUnreachable', 'SourceAuthenticationFailed', 'SourceVersionUnsupported'];
const DAMAGE_NAMES = ['RestoreMismatch', 'IntegrityViolation', 'DumpToolFailed'];
const TARGET_SAMPLES: Readonly<Record<RestoreTarget['kind'], (folder: string) => RestoreTarget>> = {
  directory: (folder) => ({ kind: 'directory', path: join(folder, 'undeclared') }),
  'data-directory': (folder) => ({ kind: 'data-directory', path: join(folder, 'undeclared') }),
  database: () => ({ kind: 'database', settings: {}, database: 'undeclared' }),
  'in-place': () => ({ kind: 'in-place', settings: {} }),
};

/** A stop must be noticed at once; the rest is for a busy machine. */
const STOP_SECONDS_MAX = 20;

export const engineCases: readonly ContractCase<EngineSubject>[] = [
  {
    title: 'capabilities - each method once, with types, targets and a summary, and nothing that contradicts itself',
    run: async (subject) => {
      const { engine } = subject;
      const names = engine.methods.map(({ method }) => method);

      expect(engine.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(engine.aliases).not.toContain(engine.name);
      expect(new Set(names).size).toBe(names.length);
      for (const method of engine.methods) {
        expect(method.summary).toMatch(/\S/);
        expect(method.backupTypes.length).toBeGreaterThan(0);
        expect(BACKUP_TYPES).toEqual(expect.arrayContaining([...method.backupTypes]));
        expect(method.restoreTargets.length).toBeGreaterThan(0);
        expect(method.hasLogArchive || !method.hasPointInTime).toBe(true);
      }
      expect(Object.keys(subject.targets).sort()).toEqual([...capabilitiesOf(subject).restoreTargets].sort());
    },
    mutants: {
      'makes no type of backup': declaring({ backupTypes: [] }),
      'declares a target that it cannot restore to': declaring({
        restoreTargets: ['directory', 'data-directory', 'database', 'in-place'],
      }),
      'promises a point in time without logs': declaring({ hasLogArchive: false, hasPointInTime: true }),
      'declares a method twice': changed((engine) => ({ methods: [...engine.methods, ...engine.methods] })),
    },
  },
  {
    title: 'settings with an unknown key - InvalidConfiguration naming it',
    run: async ({ engine, method, settings }) => {
      const failure = await failureOf((async () => engine.parseSettings(method, { ...settings, retentoin: 7 }))());

      expect(failure).toMatchObject({ name: 'InvalidConfiguration', facts: { path: 'retentoin' } });
    },
    mutants: {
      'drops it': changed((engine) => ({
        parseSettings: (method, settings) =>
          engine.parseSettings(
            method,
            Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'retentoin')),
          ),
      })),
      'does not say which': changed(() => ({
        parseSettings: () => {
          throw new HoldfastError('InvalidConfiguration', 'settings are not valid');
        },
      })),
    },
  },
  {
    title: 'settings that were parsed - plain data that may cross a process',
    run: async ({ engine, method, settings }) => {
      const parsed = engine.parseSettings(method, settings);

      expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
    },
    mutants: {
      'puts an object with a life of its own in': changed((engine) => ({
        parseSettings: (...all) => ({ ...engine.parseSettings(...all), pattern: /x/ as unknown as string }),
      })),
    },
  },
  {
    title: 'source that is there - probed: version, size, an identity that stays',
    run: async (subject) => {
      const first = await subject.engine.probe(sourceOf(subject), engineContext(subject));
      const second = await subject.engine.probe(sourceOf(subject), engineContext(subject));

      expect(first.version).toMatch(/\S/);
      expect(first.identity).toMatch(/\S/);
      expect(second.identity).toBe(first.identity);
      expect(Number.isSafeInteger(first.sizeBytesEstimate) && first.sizeBytesEstimate >= 0).toBe(true);
      expect(first.problems.every((problem) => /\S/.test(problem))).toBe(true);
    },
    mutants: {
      'has another identity each time': changed((engine) => {
        let count = 0;
        return { probe: async (...all) => ({ ...(await engine.probe(...all)), identity: `server ${(count += 1)}` }) };
      }),
      'knows no size': changed((engine) => ({
        probe: async (...all) => ({ ...(await engine.probe(...all)), sizeBytesEstimate: Number.NaN }),
      })),
    },
  },
  {
    title: 'source that is not there - probe and dump end with a named error of the source',
    run: async (subject) => {
      const there = sourceOf(subject);
      const source = sourceOf({ ...subject, settings: subject.unreachable });
      const [unit] = await subject.engine.plan(there, engineContext(subject));
      const gone = {
        ...unit!,
        spec: (await subject.engine.plan(source, engineContext(subject)).catch(() => [unit!]))[0]!.spec,
      };

      expect(UNREACHABLE_NAMES).toContain((await failureOf(subject.engine.probe(source, engineContext(subject)))).name);
      if (canonicalJson(gone.spec) === canonicalJson(unit!.spec)) return;
      const sink = memorySink();
      expect(UNREACHABLE_NAMES).toContain(
        (await failureOf(subject.engine.dump(source, gone, sink, engineContext(subject)))).name,
      );
    },
    mutants: {
      'answers for it': changed((engine) => ({
        probe: (...all) =>
          engine.probe(...all).catch(() => ({ version: '1', identity: 'x', sizeBytesEstimate: 0, problems: [] })),
      })),
      'lets a foreign error through': changed((engine) => ({
        probe: (...all) =>
          engine.probe(...all).catch(() => {
            throw new Error('connect ECONNREFUSED 127.0.0.1:1');
          }),
      })),
    },
  },
  {
    title: 'plan made twice - the same units, at least one, within the limit, each name once',
    run: async (subject) => {
      const source = sourceOf(subject);
      const first = await subject.engine.plan(source, engineContext(subject));
      const second = await subject.engine.plan(source, engineContext(subject));
      const names = first.map(({ name }) => name);

      expect(first.length).toBeGreaterThan(0);
      expect(first.length).toBeLessThanOrEqual(LIMITS.unitsMax);
      expect(new Set(names).size).toBe(names.length);
      expect(second.map(({ name, spec }) => canonicalJson({ name, spec }))).toEqual(
        first.map(({ name, spec }) => canonicalJson({ name, spec })),
      );
      expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    },
    mutants: {
      'names units anew each time': changed((engine) => {
        let count = 0;
        return {
          plan: async (...all) =>
            (await engine.plan(...all)).map((unit) => ({ ...unit, name: `unit-${(count += 1)}` })),
        };
      }),
      'plans nothing': changed(() => ({ plan: async () => [] })),
      'plans a unit twice': changed((engine) => ({
        plan: async (...all) => {
          const units = await engine.plan(...all);
          return [...units, ...units];
        },
      })),
    },
  },
  {
    title: 'dumped unit - facts name the source version, warnings are texts, details are small plain values',
    run: async (subject) => {
      for (const { facts, sink } of await dumpAll(subject)) {
        expect(facts.sourceVersion).toMatch(/\S/);
        expect(facts.warnings.every((warning) => typeof warning === 'string' && warning !== '')).toBe(true);
        expect(
          Object.values(facts.details).every((value) => ['string', 'number', 'boolean'].includes(typeof value)),
        ).toBe(true);
        expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
        expect(JSON.stringify(facts).length).toBeLessThan(LIMITS.catalogItemBytesMax / 4);
        expect(sink.openWriters).toBe(0);
        expect(sink.entries().length).toBeGreaterThan(0);
      }
    },
    mutants: {
      'does not know the version': changed((engine) => ({
        dump: async (...all) => ({ ...(await engine.dump(...all)), sourceVersion: '' }),
      })),
      'puts an object into the details': changed((engine) => ({
        dump: async (...all) => ({ ...(await engine.dump(...all)), details: { nested: {} as unknown as string } }),
      })),
      'leaves a file open': changed((engine) => ({
        dump: async (source, unit, sink, context) => {
          const facts = await engine.dump(source, unit, sink, context);
          sink.open({ path: Buffer.from('left-open'), kind: 'file', mode: 0, uid: 0, gid: 0, mtimeNs: 0n });
          return facts;
        },
      })),
    },
  },
  {
    title: 'unchanged source dumped twice - the same content',
    run: async (subject) => {
      const first = await dumpAll(subject);
      const second = await dumpAll(subject);

      expect(fingerprintOf(second, subject.isStable)).toEqual(fingerprintOf(first, subject.isStable));
    },
    mutants: {
      'forgets an entry the second time': changed((engine) => {
        let dumps = 0;
        return {
          dump: (source, unit, sink, context) =>
            engine.dump(source, unit, (dumps += 1) > 1 ? withoutFirstFile(sink) : sink, context),
        };
      }),
    },
  },
  {
    title: 'dump stopped before and while it runs - ends soon, with an error',
    run: async (subject) => {
      const source = sourceOf(subject);
      const [unit] = await subject.engine.plan(source, engineContext(subject));
      const before = engineContext(subject, AbortSignal.abort());
      await failureOf(subject.engine.dump(source, unit!, memorySink(), before));

      const stop = new AbortController();
      const sink = memorySink({ beforeCommit: () => stop.abort() });
      const startedAt = systemClock.monotonic();
      await failureOf(subject.engine.dump(source, unit!, sink, engineContext(subject, stop.signal)));

      expect(systemClock.monotonic() - startedAt).toBeLessThan(STOP_SECONDS_MAX * 1000);
    },
    mutants: {
      'does not look at the signal': changed((engine) => ({
        dump: (source, unit, sink, context) =>
          engine.dump(source, unit, sink, { ...context, signal: new AbortController().signal }),
      })),
    },
  },
  {
    title: 'sink that fails - the dump fails with that error',
    run: async (subject) => {
      const source = sourceOf(subject);
      const [unit] = await subject.engine.plan(source, engineContext(subject));
      const sink = memorySink({
        beforeCommit: () => {
          throw new HoldfastError('StorageFull', 'no room left');
        },
      });

      expect((await failureOf(subject.engine.dump(source, unit!, sink, engineContext(subject)))).name).toBe(
        'StorageFull',
      );
    },
    mutants: {
      'calls it done': changed((engine) => ({
        dump: (...all) => engine.dump(...all).catch(() => ({ sourceVersion: '1', warnings: [], details: {} })),
      })),
    },
  },
  {
    title: 'every declared target - restored equals the source by the judgement of other tools, and was compared',
    run: async (subject) => {
      const dumped = await dumpAll(subject);
      for (const [kind, make] of Object.entries(subject.targets)) {
        if (kind === 'in-place') await subject.changeSource();
        const target = await make();
        const result = await restore(subject, readersOf(dumped), restoreRequest(target));

        expect(kind === 'in-place' ? undefined : await subject.differenceOf(target)).toBeUndefined();
        expect(result.compared.equal).toBe(true);
        expect(result.compared.detail).toMatch(/\S/);
        expect(result.compared.count).toBeGreaterThan(0);
        expect(result.restoredEntries).toBeGreaterThan(0);
        if (kind !== 'in-place') continue;
        // What is not in the recovery point may remain.
        const now = fingerprintOf(await dumpAll(subject), subject.isStable);
        expect(now).toEqual(expect.arrayContaining(fingerprintOf(dumped, subject.isStable)));
      }
    },
    mutants: {
      'restores nothing': changed(() => ({
        restore: async () => ({
          restoredBytes: 9,
          restoredEntries: 9,
          compared: { equal: true, count: 9, detail: 'equal' },
          warnings: [],
        }),
      })),
      'does not compare': changed((engine) => ({
        restore: async (...all) => ({
          ...(await engine.restore(...all)),
          compared: { equal: true, count: 0, detail: '' },
        }),
      })),
      'left a file out of the dump': changed((engine) => ({
        dump: async (source, unit, sink, context) => {
          const { includedFiles: _forged, ...facts } = await engine.dump(source, unit, withoutFirstFile(sink), context);
          return facts;
        },
      })),
    },
  },
  {
    title: 'target that holds something - RestoreTargetNotEmpty, and it is still as it was',
    run: async (subject) => {
      const dumped = await dumpAll(subject);
      const target = await freshTarget(subject);
      const occupant = await subject.occupy(target);

      expect((await failureOf(restore(subject, readersOf(dumped), restoreRequest(target)))).name).toBe(
        'RestoreTargetNotEmpty',
      );
      expect(await occupant.isUntouched()).toBe(true);
    },
    mutants: {
      'goes over it': swallowing,
      'refuses too late': changed((engine) => ({
        restore: async (source, units, request, context) => {
          if (request.target.kind !== 'database' && request.target.kind !== 'in-place') {
            for (const name of readdirSync(request.target.path))
              writeFileSync(join(request.target.path, name), 'overwritten');
          }
          return await engine.restore(source, units, request, context);
        },
      })),
    },
  },
  {
    title: 'target kind that is not declared - CapabilityUnsupported',
    run: async (subject) => {
      const dumped = await dumpAll(subject);
      const { restoreTargets } = capabilitiesOf(subject);
      for (const [kind, sample] of Object.entries(TARGET_SAMPLES)) {
        if (restoreTargets.some((declared) => declared === kind)) continue;
        const failure = await failureOf(restore(subject, readersOf(dumped), restoreRequest(sample(subject.folder))));

        expect([kind, failure.name]).toEqual([kind, 'CapabilityUnsupported']);
      }
    },
    mutants: {
      'pretends to': swallowing,
      'lets a foreign error through': changed(() => ({
        restore: async () => {
          throw new Error('not implemented');
        },
      })),
    },
  },
  {
    title: 'restore in place without confirmation - refused, where it is possible at all',
    run: async (subject) => {
      const inPlace = subject.targets['in-place'];
      const dumped = await dumpAll(subject);
      const target = await (inPlace === undefined ? freshTarget(subject) : inPlace());
      if (target.kind !== 'in-place') return;

      const failure = await failureOf(
        restore(subject, readersOf(dumped), restoreRequest(target, { mayOverwrite: false })),
      );

      expect(['ConfirmationRequired', 'RestoreTargetNotEmpty']).toContain(failure.name);
    },
    mutants: {
      'takes it for given': changed((engine) => ({
        restore: (source, units, request, context) =>
          engine.restore(source, units, { ...request, mayOverwrite: true }, context),
      })),
    },
  },
  {
    title: 'recovery point with damaged or missing content - the restore fails, trap 51',
    run: async (subject) => {
      const dumped = await dumpAll(subject);
      for (const change of [damaged, refusing, lacking]) {
        const request = restoreRequest(await freshTarget(subject));
        const failure = await failureOf(restore(subject, withLargest(dumped, change), request));

        expect([change.name, DAMAGE_NAMES.includes(failure.name) ? 'damage' : failure.name]).toEqual([
          change.name,
          'damage',
        ]);
      }
    },
    mutants: {
      'calls it restored': swallowing,
      'believes the repository without looking': changed((engine) => ({
        restore: async (source, units, request, context) => {
          const repaired = units.map((unit) => ({ ...unit, facts: unit.facts }));
          return await engine.restore(source, repaired, request, context).catch((error: unknown) => {
            if (error instanceof HoldfastError && error.name === 'RestoreMismatch') {
              return {
                restoredBytes: 1,
                restoredEntries: 1,
                compared: { equal: true, count: 1, detail: 'believed' },
                warnings: [],
              };
            }
            throw error;
          });
        },
      })),
    },
  },
  {
    title: 'source that changed, dumped against the previous point - restored equals what it is now',
    run: async (subject) => {
      const first = await dumpAll(subject);
      await subject.changeSource();
      const second = await dumpAll(subject, first);
      const target = await freshTarget(subject);
      await restore(subject, readersOf(second), restoreRequest(target));

      expect(await subject.differenceOf(target)).toBeUndefined();
      expect(fingerprintOf(second)).not.toEqual(fingerprintOf(first));
    },
    mutants: {
      'sees no change': changed((engine) => {
        const dumps = new Map<string, { readonly sink: MemorySink; readonly facts: UnitFacts }>();
        return {
          dump: async (source, unit, sink, context) => {
            const known = dumps.get(unit.name);
            if (known !== undefined) {
              await replay(known.sink, sink);
              return known.facts;
            }
            const facts = await engine.dump(source, unit, sink, context);
            dumps.set(unit.name, { sink: sink as MemorySink, facts });
            return facts;
          },
        };
      }),
    },
  },
  {
    title: 'part of a backup - restored alone where declared, refused where not; what is nowhere is not found',
    run: async (subject) => {
      const { partial } = subject;
      const dumped = await dumpAll(subject);
      const target = await freshTarget(subject);
      const declared = capabilitiesOf(subject).partialRestore;
      expect(declared === 'none').toBe(partial === undefined);
      if (partial === undefined) {
        const failure = await failureOf(
          restore(subject, readersOf(dumped), restoreRequest(target, { selectedTables: ['t'], selectedPaths: ['p'] })),
        );
        expect(failure.name).toBe('CapabilityUnsupported');
        return;
      }
      await restore(subject, readersOf(dumped), restoreRequest(target, partial.request));

      expect(await partial.differenceOf(target)).toBeUndefined();
      const nowhere = restore(subject, readersOf(dumped), restoreRequest(await freshTarget(subject), partial.unknown));
      expect((await failureOf(nowhere)).name).toBe('NotFound');
    },
    mutants: {
      'restores everything': changed((engine) => ({
        restore: (source, units, request, context) =>
          engine.restore(source, units, { ...request, selectedPaths: [], selectedTables: [] }, context),
      })),
      'finds what is nowhere': (subject) => ({
        ...subject,
        engine: instead(subject.engine, {
          restore: (source, units, request, context) => {
            const isUnknown =
              canonicalJson(request.selectedPaths) === canonicalJson(subject.partial?.unknown.selectedPaths);
            return isUnknown
              ? subject.engine.restore(source, units, { ...request, selectedPaths: [], selectedTables: [] }, context)
              : subject.engine.restore(source, units, request, context);
          },
        }),
      }),
    },
  },
  {
    title: 'test restore of a good point - passed, and nothing is left behind',
    run: async (subject) => {
      const dumped = await dumpAll(subject);
      const context = engineContext(subject);
      const result = await subject.engine.testRestore(sourceOf(subject), readersOf(dumped), undefined, context);

      expect([result.verdict, result.detail]).toEqual(['passed', expect.stringMatching(/\S/)]);
      expect(result.restoredBytes).toBeGreaterThan(0);
      expect(result.restoreSeconds).toBeGreaterThanOrEqual(0);
      expect(readdirSync(context.scratchDir)).toEqual([]);
    },
    mutants: {
      'never knows': changed((engine) => ({
        testRestore: async (...all) => ({ ...(await engine.testRestore(...all)), verdict: 'inconclusive' }),
      })),
      'leaves its scratch place': changed((engine) => ({
        testRestore: async (source, units, scratch, context) => {
          writeFileSync(join(context.scratchDir, 'remains'), '');
          return await engine.testRestore(source, units, scratch, context);
        },
      })),
    },
  },
  {
    title: 'test restore of a damaged point - failed, never passed',
    run: async (subject) => {
      const dumped = await dumpAll(subject);
      for (const change of [damaged, refusing, lacking]) {
        const context = engineContext(subject);
        const result = await subject.engine.testRestore(
          sourceOf(subject),
          withLargest(dumped, change),
          undefined,
          context,
        );

        expect([change.name, result.verdict]).toEqual([change.name, 'failed']);
        expect(readdirSync(context.scratchDir)).toEqual([]);
      }
    },
    mutants: {
      'always passes': changed((engine) => ({
        testRestore: async (...all) => ({ ...(await engine.testRestore(...all)), verdict: 'passed' }),
      })),
      'blames the scratch place': changed((engine) => ({
        testRestore: async (...all) => ({ ...(await engine.testRestore(...all)), verdict: 'inconclusive' }),
      })),
    },
  },
  {
    title: 'secret - shows itself in no probe, plan, fact, error or log line',
    run: async (subject) => {
      const source = sourceOf(subject);
      const dumped = await dumpAll(subject);
      const said: unknown[] = [
        source,
        await subject.engine.probe(source, engineContext(subject)),
        dumped.map(({ unit, facts }) => ({ unit, facts })),
        await restore(subject, readersOf(dumped), restoreRequest(await freshTarget(subject))),
        await subject.engine.testRestore(source, readersOf(dumped), undefined, engineContext(subject)),
        await failureOf(
          subject.engine.probe(sourceOf({ ...subject, settings: subject.unreachable }), engineContext(subject)),
        ),
        await failureOf(restore(subject, withLargest(dumped, damaged), restoreRequest(await freshTarget(subject)))),
        subject.logged,
      ];

      expect(
        said.map((thing) => inspect(thing, { depth: 12, maxStringLength: null, maxArrayLength: null })).join('\n'),
      ).not.toContain(subject.canary);
    },
    mutants: {
      'tells it in the facts': changed((engine, { canary }) => ({
        dump: async (...all) => {
          const facts = await engine.dump(...all);
          return { ...facts, details: { ...facts.details, connection: `postgres://admin:${canary}@db` } };
        },
      })),
      'tells it in an error': changed((engine, { canary }) => ({
        probe: (...all) =>
          engine.probe(...all).catch((error: unknown) => {
            throw new HoldfastError('SourceUnreachable', `unable to log in with '${canary}'`, {}, { cause: error });
          }),
      })),
      'logs it': changed((engine, { canary }) => ({
        dump: async (source, unit, sink, context) => {
          context.log.info('connecting', { password: canary });
          return await engine.dump(source, unit, sink, context);
        },
      })),
    },
  },
];

/** A sink that takes the first file and throws it away. */
function withoutFirstFile(sink: DumpSink): DumpSink {
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
async function replay(from: MemorySink, to: DumpSink): Promise<void> {
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
