// Cases of the engine contract about restores and test restores: equal by the judgement of other tools, or an error.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import type { UnitFacts } from '../../../lib/domain/backup-record.ts';
import { HoldfastError } from '../../../lib/domain/errors.ts';
import { canonicalJson } from '../../../lib/domain/json.ts';
import type { MemorySink } from '../../fakes/memory-sink.ts';
import { memorySink } from '../../fakes/memory-sink.ts';
import type { ContractCase } from '../contract.ts';
import { failureOf, instead } from '../contract.ts';
import {
  engineContext,
  restoreRequest,
  sourceOf,
  dumpAll,
  readersOf,
  capabilitiesOf,
  freshTarget,
  restore,
  damaged,
  refusing,
  lacking,
  withLargest,
  fingerprintOf,
  changed,
  swallowing,
  DAMAGE_NAMES,
  TARGET_SAMPLES,
  withoutFirstFile,
  replay,
} from './engine-kit.ts';
import type { EngineSubject } from './engine-kit.ts';

export const restoreCases: readonly ContractCase<EngineSubject>[] = [
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
