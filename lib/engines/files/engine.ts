// The engine for file trees: a fuzzy copy of live directories with all their metadata, restored and compared entry by entry.

import type { Engine, MethodCapabilities } from '../../ports/engine.ts';
import { dumpTree } from './dump.ts';
import { planTrees, probeTrees } from './probe.ts';
import { restoreTrees } from './restore.ts';
import { filesSettings, METHOD, METHOD_ALIASES, parseSettings } from './settings.ts';
import { testRestoreTrees } from './test-restore.ts';

const TREE: MethodCapabilities = {
  method: METHOD,
  summary: 'walks the tree and reads what changed since the previous recovery point',
  backupTypes: ['full', 'incremental'],
  consistency: 'fuzzy',
  transport: 'pull',
  restoreTargets: ['directory', 'in-place'],
  partialRestore: 'paths',
  hasLogArchive: false,
  hasPointInTime: false,
  hasFingerprints: false,
  usesPreviousPoint: true,
};

/** @param perlPath the interpreter that makes the system calls Node lacks; another value lets tests do without */
export function filesEngine({ perlPath }: { readonly perlPath: string } = { perlPath: 'perl' }): Engine {
  return {
    name: 'files',
    aliases: ['file_system', 'filesystem', ...METHOD_ALIASES],
    methods: [TREE],
    parseSettings,
    probe: async (source, context) => await probeTrees(filesSettings(source.settings), context, perlPath),
    plan: async (source, context) => await planTrees(filesSettings(source.settings), context),
    dump: async (source, unit, sink, context) =>
      await dumpTree({ settings: filesSettings(source.settings), unit, sink, context, perlPath }),
    restore: async (source, units, request, context) =>
      await restoreTrees({ source, units, request, context, perlPath }),
    testRestore: async (source, units, scratch, context) =>
      await testRestoreTrees({ source, units, context, perlPath }, scratch),
  };
}

export const files = filesEngine();
