// Cases of the engine contract about settings, probe, plan and dump: complete or an error.

import { expect } from '@jest/globals';
import { systemClock } from '../../../lib/clouds/local/clock.ts';
import { BACKUP_TYPES } from '../../../lib/domain/backup-record.ts';
import { HoldfastError } from '../../../lib/domain/errors.ts';
import { canonicalJson } from '../../../lib/domain/json.ts';
import { LIMITS } from '../../../lib/domain/limits.ts';
import { memorySink } from '../../fakes/memory-sink.ts';
import type { ContractCase } from '../contract.ts';
import { failureOf } from '../contract.ts';
import {
  engineContext,
  sourceOf,
  dumpAll,
  capabilitiesOf,
  fingerprintOf,
  changed,
  declaring,
  UNREACHABLE_NAMES,
  STOP_SECONDS_MAX,
  withoutFirstFile,
} from './engine-kit.ts';
import type { EngineSubject } from './engine-kit.ts';

export const dumpCases: readonly ContractCase<EngineSubject>[] = [
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
];
