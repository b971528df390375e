// The engine port: everything Holdfast asks of a data store's adapter. Write a new engine like lib/engines/postgresql.

import type { BackupType, Fingerprint, UnitFacts } from '../domain/backup-record.ts';
import type { EntryMeta, StoredEntry } from '../domain/entry.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Clock } from './clock.ts';
import type { SecretSource } from './secret-source.ts';
import type { Log } from './telemetry.ts';

/** What an engine can do, as data: checked when a plan is made, shown in the support table. */
export interface MethodCapabilities {
  readonly method: string;
  readonly summary: string;
  readonly backupTypes: readonly BackupType[];
  /** `snapshot`: one instant; `fuzzy`: read while it changes, and said so. */
  readonly consistency: 'snapshot' | 'fuzzy';
  readonly transport: 'pull' | 'push';
  readonly restoreTargets: readonly ('directory' | 'data-directory' | 'database' | 'in-place')[];
  /** Restore of named tables or paths. */
  readonly partialRestore: 'tables' | 'paths' | 'none';
  readonly hasLogArchive: boolean;
  readonly hasPointInTime: boolean;
  readonly hasFingerprints: boolean;
  /** The engine decides against the previous recovery point what to read (files), instead of reading everything. */
  readonly usesPreviousPoint: boolean;
}

export interface EngineContext {
  readonly clock: Clock;
  readonly secrets: SecretSource;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A private, empty directory of this attempt; removed by the caller. */
  readonly scratchDir: string;
}

export interface ProbeResult {
  readonly version: string;
  /** Identifies the server or tree across failovers; a change during a backup is `SourceChanged`. */
  readonly identity: string;
  readonly sizeBytesEstimate: number;
  /** What would make a backup fail or lie, each with its cure; empty when all is well. */
  readonly problems: readonly string[];
}

/** A part of a backup that one worker dumps in one go. */
export interface DumpUnit {
  /** Unique inside the backup, stable across attempts: `base`, `database/shop`, `path/0`. */
  readonly name: string;
  readonly sizeBytesEstimate: number;
  /** Small settings the dump of this unit needs; no secrets. */
  readonly spec: JsonObject;
}

/** Takes one file's content. `reserve` + `commit` read straight into the chunker's window; `write` copies. */
export interface ContentWriter {
  /** A view of at least one byte to fill; valid until the next call on this writer. */
  reserve(): Uint8Array;
  /** Says how many reserved bytes were filled. Resolves when there is room again: await it, that is the back-pressure. */
  commit(length: number): Promise<void> | undefined;
  write(bytes: Uint8Array): Promise<void>;
  /** A hole of zeros (sparse files): recorded, not stored. */
  skip(length: number): Promise<void>;
  /** Ends the file with its final metadata. Returns size and SHA-256 of what was written. */
  close(patch?: Partial<EntryMeta>): Promise<{ readonly sizeBytes: number; readonly sha256: string }>;
}

/** Where a dump goes. Entries may come in any order; a path may come once. Nothing is visible before the attempt is sealed. */
export interface DumpSink {
  /** Directories, links and other entries without content. */
  add(entry: EntryMeta): Promise<void>;
  /** One file at a time. */
  open(entry: EntryMeta): ContentWriter;
  /** The same path in the previous recovery point, or undefined. Ask in manifest order (comparePaths) for constant memory. */
  previous(path: Buffer): Promise<StoredEntry | undefined>;
  /** Takes over the content of the previous point's entry of the same path under new metadata, reading nothing. */
  reuse(entry: EntryMeta): Promise<void>;
  /** For people: what is being done now, and how far it is. */
  progress(done: { readonly phase: string; readonly doneBytes: number; readonly totalBytes?: number }): void;
}

/** Reads a recovery point's unit. Every byte that comes out was authenticated and hashed before. */
export interface PointReader {
  readonly unit: string;
  readonly facts: UnitFacts;
  /** In manifest order. */
  entries(): AsyncIterable<StoredEntry>;
  /** Content in order, holes as zeros. @throws IntegrityViolation before the first wrong byte is given out */
  read(entry: StoredEntry): AsyncIterable<Uint8Array>;
}

export type RestoreTarget =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'data-directory'; readonly path: string }
  | { readonly kind: 'database'; readonly settings: JsonObject; readonly database?: string }
  | { readonly kind: 'in-place'; readonly settings: JsonObject };

export interface RestoreRequest {
  readonly target: RestoreTarget;
  readonly selectedTables: readonly string[];
  readonly selectedPaths: readonly string[];
  /** True only after the server saw the typed confirmation. */
  readonly mayOverwrite: boolean;
  readonly progress: DumpSink['progress'];
}

export interface RestoreResult {
  readonly restoredBytes: number;
  readonly restoredEntries: number;
  /** What was compared with the recovery point after writing, by the engine itself. */
  readonly compared: { readonly equal: boolean; readonly count: number; readonly detail: string };
  readonly warnings: readonly string[];
}

export interface Engine {
  readonly name: string;
  /** Spellings accepted at the edge: the sources' `SourceType` (`file_system`) and method names (`pg_dump`). */
  readonly aliases: readonly string[];
  readonly methods: readonly MethodCapabilities[];

  /** Parses source settings strictly. @throws InvalidConfiguration whose facts name the `path` inside the settings */
  parseSettings(method: string, settings: Readonly<Record<string, unknown>>): JsonObject;

  /**
   * Reaches the source, reads version, size and privileges. Changes nothing.
   * @throws SourceUnreachable, SourceAuthenticationFailed, SourceVersionUnsupported
   */
  probe(source: EngineSource, context: EngineContext): Promise<ProbeResult>;

  /** Cuts the source into at least one and at most LIMITS.unitsMax units. Pure but for reading the source. */
  plan(source: EngineSource, context: EngineContext): Promise<readonly DumpUnit[]>;

  /**
   * Dumps one unit into the sink. Returns only when the whole unit was delivered and proven complete by the engine's own means (exit
   * code, trailer, manifest). May run twice; an attempt that throws leaves nothing that counts.
   * @throws DumpToolFailed, DumpIncomplete, SourceChanged and the errors of probe
   */
  dump(source: EngineSource, unit: DumpUnit, sink: DumpSink, context: EngineContext): Promise<UnitFacts>;

  /**
   * Restores units into an empty or confirmed target, in the given order, then compares. Leaves a target that looks broken when it
   * fails: the mark of health (for a data directory its control file, for a tree the marker's removal) comes last.
   * @throws RestoreTargetNotEmpty, UnsafePath, RestoreMismatch, CapabilityUnsupported, IntegrityViolation
   */
  restore(
    source: EngineSource,
    units: readonly PointReader[],
    request: RestoreRequest,
    context: EngineContext,
  ): Promise<RestoreResult>;

  /**
   * Restores into a scratch place of its own making, compares with the recorded fingerprints, removes the place again.
   * `inconclusive` when the scratch place lacks something the source had (an extension, a server binary): that is no data loss.
   */
  testRestore(
    source: EngineSource,
    units: readonly PointReader[],
    scratch: JsonObject | undefined,
    context: EngineContext,
  ): Promise<{
    readonly verdict: 'passed' | 'failed' | 'inconclusive';
    readonly detail: string;
    readonly restoreSeconds: number;
    readonly restoredBytes: number;
    readonly fingerprints: readonly Fingerprint[];
  }>;
}

export interface EngineSource {
  readonly store: string;
  readonly method: string;
  /** As parseSettings returned them. */
  readonly settings: JsonObject;
}
