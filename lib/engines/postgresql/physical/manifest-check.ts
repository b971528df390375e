// Compares what was received or restored with the server's manifest: every file, its size and its SHA-256, nothing missing or extra.

import type { ErrorName } from '../../../domain/errors.ts';
import { HoldfastError } from '../../../domain/errors.ts';
import type { BackupManifest, ManifestFile } from '../../../protocols/postgresql/backup-manifest.ts';

const SHOWN_MAX = 5;

/** Returns the number of files compared. @throws the given error, naming the first differences */
export function assertMatchesManifest(
  manifest: BackupManifest,
  seen: ReadonlyMap<string, ManifestFile>,
  errorName: ErrorName,
): number {
  const missing = [...manifest.files.keys()].filter((path) => !seen.has(path));
  const extra = [...seen.keys()].filter((path) => !manifest.files.has(path));
  const different = [...manifest.files]
    .filter(([path, file]) => isDifferent(file, seen.get(path)))
    .map(([path]) => path);
  if (missing.length + extra.length + different.length === 0) return manifest.files.size;
  const parts = [
    describe('missing', missing),
    describe('not in the manifest', extra),
    describe('different', different),
  ].filter((part) => part !== '');
  throw new HoldfastError(errorName, `files do not match the server's backup manifest: ${parts.join('; ')}`, {
    missing: missing.length,
    extra: extra.length,
    different: different.length,
  });
}

const isDifferent = (expected: ManifestFile, actual: ManifestFile | undefined): boolean =>
  actual !== undefined && (actual.sizeBytes !== expected.sizeBytes || actual.sha256 !== expected.sha256);

function describe(what: string, paths: readonly string[]): string {
  if (paths.length === 0) return '';
  const names = paths.slice(0, SHOWN_MAX).map((path) => Buffer.from(path, 'latin1').toString('utf8'));
  const more = paths.length > SHOWN_MAX ? ` and ${paths.length - SHOWN_MAX} more` : '';
  return `${paths.length} ${what} (${names.join(', ')}${more})`;
}
