// The tree benchmark: full, unchanged, re-read and changed backups, verification and restore, each in a process of its own.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { UnitResult } from '../lib/domain/backup-record.ts';
import type { StorePolicy } from '../lib/domain/store-policy.ts';
import type { GeneratedFile } from './generated-tree.ts';
import { changeTree, generateTree } from './generated-tree.ts';
import type { Figures } from './phase-process.ts';
import { runPhaseInChild } from './phase-process.ts';
import type { PhaseOutcome, PhaseRequest, TreePhase } from './tree-phase.ts';
import { TREE_PHASES } from './tree-phase.ts';

export interface TreeBenchOptions {
  readonly path: string | undefined;
  readonly mebibytes: number;
  readonly workDirectory: string | undefined;
  readonly reader: 'engine' | 'plain';
  readonly compression: StorePolicy['compression'];
  readonly keep: boolean;
}

export interface TreeReport {
  readonly reader: string;
  readonly compression: StorePolicy['compression'];
  readonly repositoryBytes: number;
  readonly phases: readonly (Omit<PhaseOutcome, 'unit'> & Figures & { readonly phase: TreePhase })[];
}

export async function runTreeBench(options: TreeBenchOptions): Promise<TreeReport> {
  const work = options.workDirectory ?? mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  mkdirSync(join(work, 'repository'), { recursive: true });
  mkdirSync(join(work, 'scratch'), { recursive: true });
  try {
    return measure(options, work);
  } finally {
    if (!options.keep) rmSync(work, { recursive: true, force: true });
  }
}

function measure(options: TreeBenchOptions, work: string): TreeReport {
  const source = resolve(options.path ?? join(work, 'tree'));
  const generated = options.path === undefined ? generateTree(source, options.mebibytes) : undefined;
  const { compression } = options;
  const units: UnitResult[] = [];
  const phases: TreeReport['phases'][number][] = [];
  for (const phase of TREE_PHASES) {
    if (!prepare(phase, source, generated)) continue;
    const request: PhaseRequest = { phase, source, work, reader: options.reader, compression, units };
    const { unit, ...measurement } = runPhaseInChild<PhaseOutcome>('tree', request);
    if (unit !== undefined) units.push(unit);
    phases.push({ phase, ...measurement });
  }
  return { reader: options.reader, compression, repositoryBytes: bytesBelow(join(work, 'repository')), phases };
}

/** False when the phase cannot be run on this source. */
function prepare(phase: TreePhase, source: string, generated: readonly GeneratedFile[] | undefined): boolean {
  // Read once before, so that every phase finds the same warm page cache.
  if (phase === 'full') spawnSync('tar', ['-cf', '/dev/null', '-C', source, '.'], { stdio: 'ignore' });
  if (phase !== 'changed') return true;
  if (generated === undefined) return false;
  changeTree(source, generated);
  return true;
}

export function bytesBelow(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
