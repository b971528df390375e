// What is stored beside an object's bytes: version, hash and times in one file that is written once, and retention locks, each one a
// file of its own whose name is the date. Locks are only ever added and the latest counts, so no race between writers can shorten one.

import { join } from 'node:path';

import type { StoredObject } from '../../ports/object-store.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { DurableFiles } from './durable-files.ts';
import { codeOf, writeSynced } from './durable-files.ts';

export const BYTES_NAME = 'bytes';
const FACTS_NAME = 'facts.json';
const FORMAT = 'holdfast-object-1';
const FACTS_BYTES_MAX = 16_384;
const LOCK_NAME = /^locked-until-(\d{1,15})$/;

interface WrittenFacts {
  readonly format: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly storedAt: string;
  readonly tier: string;
}

/** Fills the directory of an object that nobody can see yet; durable on return, but for the directory's own name. */
export async function writeObjectDraft(
  files: DurableFiles,
  directory: string,
  object: Omit<StoredObject, 'key'>,
  parts: readonly Uint8Array[],
): Promise<void> {
  const { version, sizeBytes, sha256, storedAt, tier, lockedUntil } = object;
  const facts: WrittenFacts = { format: FORMAT, version, sizeBytes, sha256, storedAt, tier };
  await files.makeDirectory(directory);
  await writeSynced(files, join(directory, BYTES_NAME), parts);
  await writeSynced(files, join(directory, FACTS_NAME), [Buffer.from(`${JSON.stringify(facts)}\n`)]);
  if (lockedUntil !== undefined) await writeSynced(files, join(directory, lockName(lockedUntil)), []);
  await files.syncDirectory(directory);
}

export interface ObjectOnDisk extends StoredObject {
  /** What was written once. `sizeBytes` is what lies on the disk now, so that a comparison with a pin notices a cut file. */
  readonly writtenBytes: number;
}

/** Undefined when there is no such object. @throws ObjectCorrupted when its facts are damaged */
export async function readObjectFacts(
  files: DurableFiles,
  directory: string,
  key: string,
): Promise<ObjectOnDisk | undefined> {
  let names: readonly string[];
  try {
    names = await files.list(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const [facts, bytes] = await Promise.all([readFacts(files, directory), files.stat(join(directory, BYTES_NAME))]);
  if (facts === undefined || bytes === undefined) {
    // A deletion may have taken the directory away between two reads; one that is still there is damaged.
    if ((await files.stat(directory)) === undefined) return undefined;
    throw new HoldfastError('ObjectCorrupted', `unable to read the facts of object '${key}': they are damaged`, {
      key,
    });
  }
  const { version, sha256, storedAt, tier } = facts;
  const until = Math.max(0, ...names.map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0)));
  const lock = until > 0 ? { lockedUntil: new Date(until).toISOString() } : {};
  return { key, version, sizeBytes: bytes.sizeBytes, sha256, storedAt, tier, writtenBytes: facts.sizeBytes, ...lock };
}

async function readFacts(files: DurableFiles, directory: string): Promise<WrittenFacts | undefined> {
  try {
    const bytes = await files.read(join(directory, FACTS_NAME), { offset: 0, length: FACTS_BYTES_MAX });
    const facts = JSON.parse(bytes.toString('utf8')) as Partial<WrittenFacts>;
    return facts.format === FORMAT && typeof facts.version === 'string' ? (facts as WrittenFacts) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Adds a lock; durable on return. Idempotent. */
export async function writeLock(files: DurableFiles, directory: string, lockedUntil: string): Promise<void> {
  try {
    await writeSynced(files, join(directory, lockName(lockedUntil)), []);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  await files.syncDirectory(directory);
}

const lockName = (lockedUntil: string): string => `locked-until-${instantOf(lockedUntil)}`;

/** @throws InvalidRequest */
export function instantOf(text: string): number {
  const instant = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) || !(instant > 0)) {
    throw new HoldfastError(
      'InvalidRequest',
      `unable to lock an object until '${text.slice(0, 40)}': it is no RFC 3339 instant in UTC`,
    );
  }
  return instant;
}
