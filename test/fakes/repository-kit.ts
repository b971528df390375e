// Builds small repositories for tests: contexts with fakes, units from plain file lists, and everything that comes out of them again.

import { createHash } from 'node:crypto';

import type { UnitFacts, UnitResult } from '../../lib/domain/backup-record.ts';
import type { EntryMeta, StoredEntry } from '../../lib/domain/entry.ts';
import type { PointReader } from '../../lib/ports/engine.ts';
import type { RepositoryContext } from '../../lib/repository/repository-context.ts';
import { openUnit } from '../../lib/repository/unit-reader.ts';
import type { UnitWriter, UnitWriterOptions } from '../../lib/repository/unit-writer.ts';
import { createUnitWriter } from '../../lib/repository/unit-writer.ts';
import type { VerifyResult } from '../../lib/repository/verify-unit.ts';
import { verifyUnit } from '../../lib/repository/verify-unit.ts';
import { fixedClock } from './fixed-clock.ts';
import type { MemoryKeyProvider } from './memory-key-provider.ts';
import { memoryKeyProvider } from './memory-key-provider.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { memoryObjectStore } from './memory-object-store.ts';
import { seededIds } from './seeded-ids.ts';

export interface TestContext extends RepositoryContext {
  readonly location: MemoryObjectStore;
  readonly keys: MemoryKeyProvider;
}

export function aContext(
  options: { store?: string; location?: string; key?: string; seed?: string } = {},
): TestContext {
  const location = options.location ?? 'first';
  const clock = fixedClock();
  return {
    storeName: options.store ?? 'orders-db',
    location: memoryObjectStore(location, { clock }),
    keys: memoryKeyProvider(options.key ?? location),
    recipient: undefined,
    ids: seededIds(options.seed ?? `${location}/${options.store ?? 'orders-db'}`),
    clock,
  };
}

/** Chunks of 64 to 1,024 bytes, segments of 4 KiB and packs of 16 KiB: a few kilobytes fill several packs. */
export const TINY_LIMITS = {
  packBytes: 16 * 1024,
  segmentBytes: 4 * 1024,
  chunkSizes: { min: 64, average: 256, max: 1024 },
} as const;

export const NO_FACTS: UnitFacts = { sourceVersion: 'test', warnings: [], details: {} };

/** Noise that follows from a seed; it does not compress. */
export function noise(sizeBytes: number, seed = 'noise'): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 0; i * 32 < sizeBytes; i++)
    blocks.push(
      createHash('sha256')
        .update(`${seed}/${String(i)}`)
        .digest(),
    );
  return Buffer.concat(blocks).subarray(0, sizeBytes);
}

/** Lines of text that compress as text does. */
export function prose(sizeBytes: number, seed = 'prose'): Buffer {
  const lines: string[] = [];
  let length = 0;
  for (let i = 0; length < sizeBytes; i++) {
    const word = createHash('sha256')
      .update(`${seed}/${String(i % 97)}`)
      .digest('hex')
      .slice(0, 9);
    const line = `${String(i)} the ${word} of the ${seed} is kept in the ${word} for later use\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, sizeBytes);
}

export const meta = (path: string | Buffer, more: Partial<EntryMeta> = {}): EntryMeta => ({
  path: Buffer.from(path as string),
  kind: 'file',
  mode: 0o640,
  uid: 1000,
  gid: 100,
  mtimeNs: 1_700_000_000_123_456_789n,
  ...more,
});

export type Tree = Readonly<Record<string, Buffer>>;

/** A writer with tiny limits and the names that tests expect. */
export const openWriter = (context: RepositoryContext, more: Partial<UnitWriterOptions> = {}): Promise<UnitWriter> =>
  createUnitWriter({
    context,
    attempt: 'bkp_1.0.1',
    unit: 'base',
    compression: { algorithm: 'zstd', level: 3 },
    indexes: [],
    limits: TINY_LIMITS,
    ...more,
  });

export async function writeFile(writer: UnitWriter, path: string | Buffer, content: Buffer): Promise<void> {
  const file = writer.open(meta(path));
  await file.write(content);
  await file.close();
}

export interface WriteOptions extends Partial<Omit<UnitWriterOptions, 'context'>> {
  readonly facts?: UnitFacts;
}

/** Writes a unit of files in the order given and seals it. */
export async function writeUnit(
  context: RepositoryContext,
  tree: Tree,
  options: WriteOptions = {},
): Promise<UnitResult> {
  const { facts = NO_FACTS, ...more } = options;
  const writer = await openWriter(context, more);
  for (const [path, content] of Object.entries(tree)) await writeFile(writer, path, content);
  return writer.seal(facts);
}

export const indexOf = (...units: readonly UnitResult[]): UnitWriterOptions['indexes'] =>
  units.map(({ attempt, index }) => ({ attempt, pin: index }));

export async function entriesOf(reader: PointReader): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const entry of reader.entries()) entries.push(entry);
  return entries;
}

export async function contentOf(reader: PointReader, entry: StoredEntry): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of reader.read(entry)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** Names with length and hash of the content: quick to compare, and a difference is short to print. */
export const summaryOf = (tree: Tree): Record<string, string> =>
  Object.fromEntries(Object.entries(tree).map(([name, content]) => [name, summary(content)]));

const summary = (content: Buffer): string =>
  `${String(content.length)} ${createHash('sha256').update(content).digest('hex')}`;

/** Every file of a unit as it comes out of the repository, in the form of `summaryOf`. */
export async function readUnit(context: RepositoryContext, unit: UnitResult): Promise<Record<string, string>> {
  const reader = await openUnit(context, unit);
  const tree: Record<string, string> = {};
  for (const entry of await entriesOf(reader)) tree[entry.path.toString()] = summary(await contentOf(reader, entry));
  return tree;
}

/** Every byte that the unit needs is read; attempts of earlier backups too. */
export const verifyWhole = (context: RepositoryContext, unit: UnitResult): Promise<VerifyResult> =>
  verifyUnit(context, unit, { skipAttempts: new Set() });
