// An engine over files in memory that does what the port asks, with hooks that let a test fail a dump or a restore at any point.

import { createHash } from 'node:crypto';

import type { UnitFacts } from '../../lib/domain/backup-record.ts';
import type { EntryMeta } from '../../lib/domain/entry.ts';
import { HoldfastError } from '../../lib/domain/errors.ts';
import type { Engine, PointReader, RestoreResult } from '../../lib/ports/engine.ts';

/** Path to content, per unit. */
export type ScriptedContent = Map<string, Map<string, Buffer>>;

export interface ScriptedEngine extends Engine {
  readonly content: ScriptedContent;
  /** What restores have written, by target path; `healthy` is set last, as a real engine sets its mark of health last. */
  readonly targets: Map<string, { readonly files: Map<string, Buffer>; healthy: boolean }>;
  identity: string;
  /** Runs before each file of a dump; what it throws ends the attempt. */
  onDump: ((unit: string, path: string) => void | Promise<void>) | undefined;
  onProbe: (() => void) | undefined;
  /** Every write to a restore target goes through here, so that a test can crash before or after it. */
  effect: <T>(name: string, run: () => Promise<T>) => Promise<T>;
}

const mode = 0o644;

export function scriptedEngine(content: ScriptedContent): ScriptedEngine {
  const targets: ScriptedEngine['targets'] = new Map();
  const engine: ScriptedEngine = {
    name: 'scripted',
    aliases: ['file_system'],
    content,
    targets,
    identity: 'scripted-1',
    onDump: undefined,
    onProbe: undefined,
    effect: (_name, run) => run(),
    methods: [
      {
        method: 'tree',
        summary: 'files in memory',
        backupTypes: ['full', 'incremental'],
        consistency: 'snapshot',
        transport: 'pull',
        restoreTargets: ['directory', 'in-place'],
        partialRestore: 'paths',
        hasLogArchive: false,
        hasPointInTime: false,
        hasFingerprints: false,
        usesPreviousPoint: true,
      },
    ],
    parseSettings: () => ({}),
    probe: async () => {
      engine.onProbe?.();
      return { version: '1', identity: engine.identity, sizeBytesEstimate: sizeOf(content), problems: [] };
    },
    plan: async () =>
      [...content].map(([name, files]) => ({ name, sizeBytesEstimate: sizeOf(new Map([[name, files]])), spec: {} })),
    dump: async (_source, unit, sink, { signal }): Promise<UnitFacts> => {
      const files = content.get(unit.name) ?? new Map<string, Buffer>();
      for (const [path, bytes] of [...files].sort(([left], [right]) => (left < right ? -1 : 1))) {
        signal.throwIfAborted();
        await engine.onDump?.(unit.name, path);
        const writer = sink.open(entry(path));
        await writer.write(bytes);
        await writer.close();
      }
      return { sourceVersion: '1', warnings: [], includedFiles: files.size, details: { incremental: false } };
    },
    restore: async (_source, units, request): Promise<RestoreResult> => {
      if (request.target.kind !== 'directory') throw new HoldfastError('CapabilityUnsupported', 'only directories');
      return await restoreInto(engine, targets, request.target.path, units);
    },
    testRestore: async (_source, units) => {
      const scratch: ScriptedEngine['targets'] = new Map();
      const result = await restoreInto(engine, scratch, 'scratch', units);
      return {
        verdict: 'passed',
        detail: result.compared.detail,
        restoreSeconds: 0,
        restoredBytes: result.restoredBytes,
        fingerprints: [],
      };
    },
  };
  return engine;
}

async function restoreInto(
  engine: ScriptedEngine,
  targets: ScriptedEngine['targets'],
  path: string,
  units: readonly PointReader[],
): Promise<RestoreResult> {
  const target = { files: new Map<string, Buffer>(), healthy: false };
  targets.set(path, target);
  let restoredBytes = 0;
  let count = 0;
  for (const unit of units) {
    for await (const stored of unit.entries()) {
      const parts: Uint8Array[] = [];
      for await (const part of unit.read(stored)) parts.push(Buffer.from(part));
      const bytes = Buffer.concat(parts);
      if (createHash('sha256').update(bytes).digest('hex') !== stored.sha256)
        throw new HoldfastError('RestoreMismatch', 'differs');
      await engine.effect(
        'restore file',
        async () => void target.files.set(`${unit.unit}/${stored.path.toString()}`, bytes),
      );
      restoredBytes += bytes.length;
      count++;
    }
  }
  await engine.effect('restore mark', async () => void (target.healthy = true));
  return {
    restoredBytes,
    restoredEntries: count,
    compared: { equal: true, count, detail: `${count} files compared by hash` },
    warnings: [],
  };
}

const entry = (path: string): EntryMeta => ({
  path: Buffer.from(path),
  kind: 'file',
  mode,
  uid: 0,
  gid: 0,
  mtimeNs: 1n,
});

const sizeOf = (content: ScriptedContent): number =>
  [...content.values()].reduce(
    (sum, files) => sum + [...files.values()].reduce((bytes, file) => bytes + file.length, 0),
    0,
  );

/** Repeatable content: two units, several files each, some of them alike, so that there is something to deduplicate. */
export function sampleContent(fileBytes = 3000): ScriptedContent {
  const unit = (name: string): Map<string, Buffer> =>
    new Map(
      Array.from({ length: 4 }, (_, n) => [`file-${n}.bin`, noise(`${name} ${n === 3 ? 'shared' : n}`, fileBytes + n)]),
    );
  return new Map([
    ['left', unit('left')],
    ['right', unit('right')],
  ]);
}

export function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 64 < length; n++) blocks.push(createHash('sha512').update(`${seed} ${n}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
