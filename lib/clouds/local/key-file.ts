// The key file's format: all versions of one key, the country it was made for, and a checksum that tells damage from a wrong key.

import { createHash } from 'node:crypto';

import { HoldfastError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { DurableFiles } from './durable-files.ts';

const FORMAT = 'holdfast-key-file-1';
export const KEY_BYTES = 32;
/** Hundreds of versions fit; a larger file is none of ours. */
const FILE_BYTES_MAX = 262_144;

export interface KeyVersion {
  readonly version: number;
  readonly createdAt: string;
  /** Base64 of 32 bytes. */
  readonly key: string;
}

export interface KeyFile {
  readonly format: string;
  readonly keyId: string;
  readonly country?: string;
  readonly createdAt: string;
  /** Oldest first; the last one wraps. */
  readonly versions: readonly KeyVersion[];
}

export function newKeyFile(facts: {
  readonly keyId: string;
  readonly country: string | undefined;
  readonly first: KeyVersion;
}): KeyFile {
  const country = facts.country === undefined ? {} : { country: facts.country };
  return { format: FORMAT, keyId: facts.keyId, ...country, createdAt: facts.first.createdAt, versions: [facts.first] };
}

export function formatKeyFile(file: KeyFile): Buffer {
  return Buffer.from(`${JSON.stringify({ ...file, checksum: checksumOf(file) }, undefined, 2)}\n`);
}

/** @throws KeyUnavailable naming what is wrong and its cure; file-system errors pass through */
export async function readKeyFile(files: DurableFiles, path: string): Promise<KeyFile> {
  const facts = await files.stat(path);
  if (facts === undefined)
    throw unusable(path, 'there is none; run "holdfast init", or restore it from where you keep it');
  if (facts.isDirectory) throw unusable(path, 'it is a directory');
  if ((facts.mode & 0o077) !== 0) {
    throw unusable(path, `others may read it (mode ${(facts.mode & 0o777).toString(8)}); run: chmod 600 '${path}'`);
  }
  if (facts.sizeBytes > FILE_BYTES_MAX) throw unusable(path, 'it is too large to be one');
  const bytes = await files.read(path, { offset: 0, length: FILE_BYTES_MAX });
  const file = parse(bytes.toString('utf8'));
  if (file === undefined) throw unusable(path, 'it is damaged; restore it from where you keep a copy');
  return file;
}

function parse(text: string): KeyFile | undefined {
  try {
    const { checksum, ...file } = JSON.parse(text) as KeyFile & { readonly checksum?: string };
    const isWhole = file.format === FORMAT && checksum === checksumOf(file) && file.versions.length > 0;
    return isWhole ? file : undefined;
  } catch {
    return undefined;
  }
}

const checksumOf = (file: KeyFile): string => createHash('sha256').update(canonicalJson(file)).digest('hex');

const unusable = (path: string, reason: string): HoldfastError =>
  new HoldfastError('KeyUnavailable', `unable to use key file '${path}': ${reason}`, { path });
