// Proves that a recovery point can be restored: into a scratch directory, compared, removed again.

import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Fingerprint } from '../../domain/backup-record.ts';
import { asHoldfastError, hasErrorName, HoldfastError } from '../../domain/errors.ts';
import type { ErrorName } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { errorCode } from './findings.ts';
import { restoreTrees } from './restore.ts';
import type { TreesRestore } from './restore.ts';

export interface TestRestoreResult {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  readonly detail: string;
  readonly restoreSeconds: number;
  readonly restoredBytes: number;
  readonly fingerprints: readonly Fingerprint[];
}

/** The recovery point itself is bad. */
const FAILED: readonly ErrorName[] = ['RestoreMismatch', 'IntegrityViolation', 'UnsafePath'];
/** The scratch place is: that says nothing about the recovery point. */
const INCONCLUSIVE: readonly ErrorName[] = ['StorageFull', 'StorageReadOnly', 'RestoreTargetNotEmpty'];

/** @throws everything else, such as ExecutionStopped */
export async function testRestoreTrees(
  trees: Omit<TreesRestore, 'request'>,
  scratch: JsonObject | undefined,
): Promise<TestRestoreResult> {
  const { clock, scratchDir } = trees.context;
  const path = join(typeof scratch?.['path'] === 'string' ? scratch['path'] : scratchDir, 'test-restore');
  const startedAt = clock.monotonic();
  const seconds = (): number => (clock.monotonic() - startedAt) / 1000;
  let isMade = false;
  try {
    makeScratch(path);
    isMade = true;
    const result = await restoreTrees({ ...trees, request: requestInto(path) });
    return {
      verdict: 'passed',
      detail: result.compared.detail,
      restoreSeconds: seconds(),
      restoredBytes: result.restoredBytes,
      fingerprints: [],
    };
  } catch (error) {
    const verdict = hasErrorName(error, ...FAILED)
      ? 'failed'
      : hasErrorName(error, ...INCONCLUSIVE)
        ? 'inconclusive'
        : undefined;
    if (verdict === undefined) throw error;
    return {
      verdict,
      detail: asHoldfastError(error).message,
      restoreSeconds: seconds(),
      restoredBytes: 0,
      fingerprints: [],
    };
  } finally {
    if (isMade) removeTree(path);
  }
}

function makeScratch(path: string): void {
  try {
    mkdirSync(path, { recursive: false, mode: 0o700 });
  } catch (error) {
    const message = `unable to make a scratch directory at '${path}': ${errorCode(error)}`;
    throw new HoldfastError('StorageReadOnly', message, { path }, { cause: error });
  }
}

const requestInto = (path: string): TreesRestore['request'] => ({
  target: { kind: 'directory', path },
  selectedTables: [],
  selectedPaths: [],
  mayOverwrite: false,
  progress: () => undefined,
});

/** Without root, restored directories may deny even their owner. */
function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
    openUp(Buffer.from(path));
    rmSync(path, { recursive: true, force: true });
  }
}

function openUp(path: Buffer): void {
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path, { encoding: 'buffer' })) openUp(Buffer.concat([path, Buffer.from('/'), name]));
}
