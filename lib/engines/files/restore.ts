// Restores trees, compares them with the recovery point, and only then takes the mark of incompleteness away.
// Safe to run again after a crash: a second attempt knows its own remains by their mark and goes over them.

import { existsSync, statfsSync } from 'node:fs';
import { posix } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import type { EngineContext, EngineSource, PointReader, RestoreRequest, RestoreResult } from '../../ports/engine.ts';
import { Findings } from './findings.ts';
import { checkUnit } from './restore-check.ts';
import type { RestorePlan } from './restore-check.ts';
import { compareAndFinish } from './restore-compare.ts';
import { temporaryNames } from './reserved-names.ts';
import { makeDurable } from './restore-durability.ts';
import { refuseConflicts } from './restore-in-place.ts';
import { MetadataWriter } from './restore-metadata.ts';
import { directoryOf, markWhole, openInPlace, openTargetDirectory, originOf } from './restore-place.ts';
import type { Places } from './restore-place.ts';
import { assertAllMatched, Selection } from './restore-selection.ts';
import { writeFiles, writeLinks } from './restore-write.ts';
import type { UnitRestore } from './restore-write.ts';
import { filesSettings } from './settings.ts';
import { SystemCalls } from './system-calls.ts';
import { Turns } from './turns.ts';
import { fileSystemOf } from './unit-root.ts';

export interface TreesRestore {
  readonly source: EngineSource;
  readonly units: readonly PointReader[];
  readonly request: RestoreRequest;
  readonly context: EngineContext;
  readonly perlPath: string;
}

export async function restoreTrees(trees: TreesRestore): Promise<RestoreResult> {
  assertSupported(trees);
  const plans = await planUnits(trees);
  assertRoom(trees, plans);
  const calls = await SystemCalls.start(trees.perlPath, trees.context.signal);
  try {
    return await restorePlanned(trees, plans, calls);
  } finally {
    await calls?.stop();
  }
}

async function restorePlanned(
  trees: TreesRestore,
  plans: readonly RestorePlan[],
  calls: SystemCalls | undefined,
): Promise<RestoreResult> {
  const places = await openPlaces(trees, calls);
  try {
    const findings = new Findings();
    const metadata = new MetadataWriter(calls, findings);
    const progress = progressOf(trees.request, plans);
    let compared = 0;
    for (const [at, plan] of plans.entries()) {
      const place = places.unitRoots[at]!;
      compared += await restoreUnit(
        unitRestore({ trees, plan, place, places, calls, findings, metadata, wrote: progress.wrote }),
      );
    }
    markWhole(places);
    for (const [at, { handle, isOurs }] of places.unitRoots.entries()) {
      if (isOurs) await metadata.finishRoot(handle, plans[at]!.unit.facts);
    }
    return resultOf({ plans, compared, restoredBytes: progress.bytes(), warnings: findings.warnings });
  } finally {
    places.close();
  }
}

function resultOf({ plans, compared, restoredBytes, warnings }: ResultParts): RestoreResult {
  const restoredEntries = plans.reduce((sum, plan) => sum + plan.entries, 0);
  const detail = `${compared} of ${restoredEntries} entries read back and equal`;
  return { restoredBytes, restoredEntries, compared: { equal: true, count: compared, detail }, warnings };
}

async function restoreUnit(unit: UnitRestore): Promise<number> {
  if (unit.mayReplace) await refuseConflicts(unit);
  await writeFiles(unit);
  await writeLinks(unit);
  const compared = await compareAndFinish(unit);
  await makeDurable(unit);
  return compared;
}

function assertSupported({ source, units, request }: TreesRestore): void {
  const { target } = request;
  if (target.kind !== 'directory' && target.kind !== 'in-place') {
    throw new HoldfastError('CapabilityUnsupported', `unable to restore files to a ${target.kind}`, {
      target: target.kind,
    });
  }
  if (request.selectedTables.length > 0)
    throw new HoldfastError('CapabilityUnsupported', 'unable to select tables of a file tree');
  if (units.length === 0) throw new HoldfastError('InvalidRequest', 'unable to restore: no unit was given');
  if (target.kind === 'directory') return;
  if (!request.mayOverwrite) {
    throw new HoldfastError(
      'ConfirmationRequired',
      `unable to restore '${source.store}' in place without confirmation`,
      { store: source.store },
    );
  }
  const { paths } = filesSettings(source.settings);
  for (const { path } of units.map(originOf)) {
    // The recovery point says where the files came from; only a path that is still this store's may be overwritten.
    if (!paths.includes(path))
      throw new HoldfastError('InvalidRequest', `unable to restore in place: '${path}' is no path of this store`, {
        path,
      });
  }
}

async function planUnits({ units, request, context }: TreesRestore): Promise<RestorePlan[]> {
  const turns = new Turns(context);
  const plans: RestorePlan[] = [];
  for (const unit of units)
    plans.push(await checkUnit(unit, new Selection(request.selectedPaths, directoryOf(originOf(unit))), turns));
  assertAllMatched(
    request.selectedPaths,
    plans.map(({ selection }) => selection),
  );
  return plans;
}

async function openPlaces({ units, request }: TreesRestore, calls: SystemCalls | undefined): Promise<Places> {
  return request.target.kind === 'directory'
    ? await openTargetDirectory(request.target.path, units, calls)
    : await openInPlace(units, calls);
}

/** Full disks are found before hours of writing. File systems that compress may hold more than they say, so they are not judged. */
function assertRoom({ units, request }: TreesRestore, plans: readonly RestorePlan[]): void {
  const path = existingAncestor(
    request.target.kind === 'directory' ? request.target.path : directoryOf(originOf(units[0]!)),
  );
  if (!['ext4', 'xfs', 'tmpfs'].includes(fileSystemOf(path))) return;
  const { bavail, bsize } = statfsSync(path);
  const needed = plans.reduce((sum, plan) => sum + plan.dataBytes, 0);
  if (needed <= bavail * bsize) return;
  throw new HoldfastError(
    'StorageFull',
    `unable to restore ${needed} bytes into '${path}': ${bavail * bsize} bytes are free`,
    { path, needed },
  );
}

function existingAncestor(path: string): string {
  return existsSync(path) || path === posix.dirname(path) ? path : existingAncestor(posix.dirname(path));
}

interface ResultParts extends Pick<RestoreResult, 'restoredBytes' | 'warnings'> {
  readonly plans: readonly RestorePlan[];
  readonly compared: number;
}

interface UnitParts {
  readonly trees: TreesRestore;
  readonly plan: RestorePlan;
  readonly place: Places['unitRoots'][number];
  readonly places: Places;
  readonly calls: SystemCalls | undefined;
  readonly findings: Findings;
  readonly metadata: MetadataWriter;
  readonly wrote: (bytes: number) => void;
}

function unitRestore({ trees, plan, place, places, calls, findings, metadata, wrote }: UnitParts): UnitRestore {
  const { isFile } = originOf(plan.unit);
  const isInPlace = trees.request.target.kind === 'in-place';
  return {
    plan,
    root: place.handle,
    mayReplace: isInPlace || places.isSecondAttempt,
    temporaryName: temporaryNames(),
    // Several single files may come from one directory.
    extras: isFile && (isInPlace || trees.units.length > 1) ? 'ignored' : isInPlace ? 'told' : 'refused',
    metadata,
    calls,
    findings,
    missingNodes: new Set(),
    turns: new Turns(trees.context),
    wrote,
  };
}

function progressOf(
  request: RestoreRequest,
  plans: readonly RestorePlan[],
): { wrote: (bytes: number) => void; bytes: () => number } {
  const totalBytes = plans.reduce((sum, plan) => sum + plan.dataBytes, 0);
  let doneBytes = 0;
  const wrote = (bytes: number): void => {
    doneBytes += bytes;
    request.progress({ phase: 'writing', doneBytes, totalBytes });
  };
  return { wrote, bytes: () => doneBytes };
}
