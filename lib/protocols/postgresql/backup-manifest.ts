// The manifest that PostgreSQL writes with a base backup: its own checksum, the files with size and hash, the WAL it needs.

import { createHash } from 'node:crypto';

import { HoldfastError } from '../../domain/errors.ts';
import type { Lsn } from './lsn.ts';
import { parseLsn } from './lsn.ts';

export interface ManifestFile {
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface BackupManifest {
  /** Since PostgreSQL 17. */
  readonly systemIdentifier: string | undefined;
  /** By path in the data directory, bytes read as Latin-1, so that any file name has exactly one key. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  readonly walRanges: readonly { readonly timeline: number; readonly startLsn: Lsn; readonly endLsn: Lsn }[];
}

/** Paths are bytes; this is the key under which a map finds them. */
export const pathKey = (path: Buffer): string => path.toString('latin1');

/** @throws DumpIncomplete when the manifest is cut short, changed, or without SHA-256 */
export function parseManifest(bytes: Buffer): BackupManifest {
  assertOwnChecksum(bytes);
  const manifest = parseJson(bytes);
  const version = manifest['PostgreSQL-Backup-Manifest-Version'];
  if (version !== 1 && version !== 2) throw broken(`version ${String(version)}`);
  const systemIdentifier = readSystemIdentifier(bytes);
  return { systemIdentifier, files: readFiles(manifest['Files']), walRanges: readRanges(manifest['WAL-Ranges']) };
}

/** The checksum covers every byte before the line that holds it. */
function assertOwnChecksum(bytes: Buffer): void {
  const lineStart = bytes.lastIndexOf('\n"Manifest-Checksum"') + 1;
  const match =
    lineStart > 0
      ? /^"Manifest-Checksum": "([0-9a-f]{64})"\}\s*$/.exec(bytes.toString('latin1', lineStart))
      : undefined;
  if (!match) throw broken('it has no checksum of its own');
  const sum = createHash('sha256').update(bytes.subarray(0, lineStart)).digest('hex');
  if (sum !== match[1]) throw broken('its own checksum is wrong');
}

function parseJson(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  } catch (error) {
    throw broken('it is no JSON', error);
  }
}

/** Read from the text: the number is larger than a double holds exactly. */
function readSystemIdentifier(bytes: Buffer): string | undefined {
  const head = bytes.toString('latin1', 0, 4096);
  return /"System-Identifier": (\d+)/.exec(head)?.[1];
}

function readFiles(list: unknown): ReadonlyMap<string, ManifestFile> {
  if (!Array.isArray(list)) throw broken('it lists no files');
  const files = new Map<string, ManifestFile>();
  for (const item of list as readonly Record<string, unknown>[]) {
    const key = fileKey(item);
    const sizeBytes = item['Size'];
    const sha256 = item['Checksum'];
    if (item['Checksum-Algorithm'] !== 'SHA256' || typeof sha256 !== 'string') throw broken('a file has no SHA-256');
    if (typeof sizeBytes !== 'number' || files.has(key)) throw broken('a file is listed wrongly');
    files.set(key, { sizeBytes, sha256 });
  }
  return files;
}

/** `Path` is UTF-8; a name that is not is given as hex in `Encoded-Path`. */
function fileKey(item: Readonly<Record<string, unknown>>): string {
  const path = item['Path'];
  const encoded = item['Encoded-Path'];
  if (typeof path === 'string') return pathKey(Buffer.from(path, 'utf8'));
  if (typeof encoded === 'string') return pathKey(Buffer.from(encoded, 'hex'));
  throw broken('a file has no path');
}

function readRanges(list: unknown): BackupManifest['walRanges'] {
  if (!Array.isArray(list) || list.length === 0) throw broken('it names no write-ahead log');
  return (list as readonly Record<string, unknown>[]).map((range) => ({
    timeline: Number(range['Timeline']),
    startLsn: parseLsn(String(range['Start-LSN'])),
    endLsn: parseLsn(String(range['End-LSN'])),
  }));
}

const broken = (what: string, cause?: unknown): HoldfastError =>
  new HoldfastError('DumpIncomplete', `the backup manifest is not usable: ${what}`, {}, { cause });
