// Looks at a file tree source without changing it: whether every path is there and readable, how large it is, what would make a backup lie.

import { release } from 'node:os';

import { LIMITS } from '../../domain/limits.ts';
import type { DumpUnit, EngineContext, ProbeResult } from '../../ports/engine.ts';
import { compileExcludes } from './exclude.ts';
import { Findings } from './findings.ts';
import { MARKER_NAME } from './reserved-names.ts';
import type { FilesSettings } from './settings.ts';
import { SystemCalls } from './system-calls.ts';
import { Turns } from './turns.ts';
import { fileSystemOf, openUnitRoot, unitName } from './unit-root.ts';
import type { UnitRoot } from './unit-root.ts';
import { Walk } from './walk.ts';

/** An estimate looks at this many entries and no more: it must not cost what the backup costs. */
const ESTIMATE_ENTRIES_MAX = 50_000;

/** @throws SourceUnreachable, SourcePrivilegeMissing */
export async function probeTrees(
  settings: FilesSettings,
  context: EngineContext,
  perlPath: string,
): Promise<ProbeResult> {
  const problems: string[] = [];
  const identities: string[] = [];
  let sizeBytesEstimate = 0;
  for (const path of settings.paths) {
    const root = openUnitRoot(path);
    try {
      identities.push(identityOf(root));
      problems.push(...problemsOf(root));
      sizeBytesEstimate += await estimateBytes(root, settings, context);
    } finally {
      root.handle.close();
    }
  }
  if (settings.xattrs && !(await canReadXattrs(perlPath, context))) {
    problems.push(
      'extended attributes and ACLs cannot be read: install perl (Debian: perl-base) or set "xattrs: false"',
    );
  }
  return { version: `linux ${release()}`, identity: identities.join(' '), sizeBytesEstimate, problems };
}

/** One unit per path, in the order of the settings. */
export async function planTrees(settings: FilesSettings, context: EngineContext): Promise<readonly DumpUnit[]> {
  const units: DumpUnit[] = [];
  for (const [index, path] of settings.paths.slice(0, LIMITS.unitsMax).entries()) {
    const root = openUnitRoot(path);
    try {
      units.push({
        name: unitName(index),
        sizeBytesEstimate: await estimateBytes(root, settings, context),
        spec: { path },
      });
    } finally {
      root.handle.close();
    }
  }
  return units;
}

/** Device numbers change with every mount, so a tree is known by its path, its kind of file system and its inode. */
const identityOf = (root: UnitRoot): string => `${root.path}@${fileSystemOf(root.handlePath)}:${root.stat.ino}`;

function problemsOf(root: UnitRoot): string[] {
  if (root.onlyName !== undefined) return [];
  const names = root.handle.names();
  if (names.length === 0)
    return [`'${root.path}' is empty: mount its file system, or remove the path from the settings`];
  if (names.some((name) => name.equals(MARKER_NAME)))
    return [`'${root.path}' holds an unfinished restore: finish it or clear the directory`];
  return [];
}

async function canReadXattrs(perlPath: string, context: EngineContext): Promise<boolean> {
  const calls = await SystemCalls.start(perlPath, context.signal);
  await calls?.stop();
  return calls !== undefined;
}

async function estimateBytes(root: UnitRoot, settings: FilesSettings, context: EngineContext): Promise<number> {
  if (root.onlyName !== undefined) return Number(root.stat.size);
  const { followSymlinks, oneFileSystem } = settings;
  const rules = { excludes: compileExcludes(settings.exclude), followSymlinks, oneFileSystem };
  const walk = new Walk({ handle: root.handle, absolutePath: Buffer.from(root.path) }, rules, new Findings());
  const turns = new Turns(context);
  let bytes = 0;
  let entries = 0;
  try {
    for (const step of walk.steps()) {
      if (step.kind === 'found' && step.found.stat.isFile()) bytes += Number(step.found.stat.size);
      if (step.kind === 'left' && step.directory !== root.handle) walk.close(step.directory);
      if (++entries >= ESTIMATE_ENTRIES_MAX) break;
      const turn = turns.take();
      if (turn !== undefined) await turn;
    }
  } finally {
    walk.closeAllBut(root.handle);
  }
  return bytes;
}
