// Dumps one database with pg_dump inside our own snapshot, walks the archive while it streams to the sink, and compares its tables and
// row counts with the catalog's. The file is closed only after the tool's exit code was 0 and the archive came to a clean end.

import type { Fingerprint, UnitFacts } from '../../../domain/backup-record.ts';
import { HoldfastError, invariant } from '../../../domain/errors.ts';
import type { DumpSink, DumpUnit, EngineContext, EngineSource } from '../../../ports/engine.ts';
import type { ConnectionTarget } from '../../../protocols/postgresql/connection.ts';
import type { ArchiveHead } from '../../../protocols/postgresql/dump-archive.ts';
import { ArchiveWalker } from '../../../protocols/postgresql/dump-archive.ts';
import type { Program } from '../programs.ts';
import type { LogicalSettings } from '../settings.ts';
import { connectionTarget, logicalSettings } from '../settings.ts';
import { findClientTool, vulnerabilityWarnings } from './client-tools.ts';
import { listRoles, storeDatabaseFile } from './database-file.ts';
import { fingerprintLargeObjects, fingerprintTable } from './fingerprints.ts';
import { dumpFile } from './layout.ts';
import { runTool } from './run-tool.ts';
import type { Snapshot } from './snapshot.ts';
import { openSnapshot } from './snapshot.ts';
import type { Table } from './tables.ts';
import { listTables, matchesPattern, quoteTable, tableText } from './tables.ts';

/** Facts stand on the backup's record, which has to stay small; the whole list lies in the unit. */
const FINGERPRINTS_SHOWN_MAX = 40;
const TABLES_SHOWN_MAX = 100;
const WARNINGS_MAX = 20;
const PROGRESS_BYTES = 8 * 1024 * 1024;
const LOCK_WAIT_MILLISECONDS = 60_000;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

interface Streamed {
  readonly head: ArchiveHead;
  readonly rows: ReadonlyMap<number, number>;
  readonly warnings: readonly string[];
}

export async function dumpDatabase(
  source: EngineSource,
  unit: DumpUnit,
  sink: DumpSink,
  context: EngineContext,
): Promise<UnitFacts> {
  const settings = logicalSettings(source.settings);
  const database = unit.spec['database'];
  invariant(typeof database === 'string', 'a database unit names its database');
  const target = { ...(await connectionTarget(settings, context)), database };
  const snapshot = await openSnapshot(target, context);
  try {
    const tool = await findClientTool('pg_dump', snapshot.major, settings);
    const all = await listTables(snapshot.connection);
    const excluded = all.filter((table) => settings.excludeTables.some((pattern) => matchesPattern(table, pattern)));
    const tables = all.filter((table) => !excluded.includes(table));
    const plan = { settings, target, snapshot, tool, tables, excluded };
    const { streamed, fingerprints } = await dumpAndFingerprint(plan, sink, context);
    assertMatchesCatalog(streamed, tables, fingerprints);
    const roles = [...(await listRoles(snapshot.connection))];
    const taken = settings.fingerprints === 'none' ? {} : { fingerprints: [...fingerprints] };
    await storeDatabaseFile(sink, { roles, ...taken }, context.clock);
    await snapshot.connection.query('COMMIT');
    await snapshot.connection.close();
    return facts(plan, streamed, fingerprints);
  } finally {
    snapshot.connection.destroy();
  }
}

interface DumpPlan {
  readonly settings: LogicalSettings;
  readonly target: ConnectionTarget;
  readonly snapshot: Snapshot;
  readonly tool: Program;
  readonly tables: readonly Table[];
  readonly excluded: readonly Table[];
}

/** Both at once, because the snapshot holds back the server's cleaning; the first failure ends the other. */
async function dumpAndFingerprint(
  plan: DumpPlan,
  sink: DumpSink,
  context: EngineContext,
): Promise<{ readonly streamed: Streamed; readonly fingerprints: readonly Fingerprint[] }> {
  const ending = new AbortController();
  let failure: unknown;
  const ends = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      failure ??= error;
      ending.abort();
      plan.snapshot.connection.destroy(new HoldfastError('ExecutionStopped', 'the dump has failed'));
      throw error;
    });
  const signal = AbortSignal.any([context.signal, ending.signal]);
  const [streamed, fingerprints] = await Promise.allSettled([
    ends(streamDump(plan, sink, { ...context, signal })),
    ends(fingerprintAll(plan)),
  ]);
  if (streamed.status === 'rejected' || fingerprints.status === 'rejected') throw failure;
  return { streamed: streamed.value, fingerprints: fingerprints.value };
}

async function streamDump(plan: DumpPlan, sink: DumpSink, context: EngineContext): Promise<Streamed> {
  const { settings, target, tool, snapshot } = plan;
  const run = { name: 'pg_dump', program: tool, target, settings, argumentsIn: () => dumpArguments(plan) } as const;
  return runTool(run, context, async (process) => {
    process.stdin.end();
    const mtimeNs = BigInt(context.clock.now()) * NANOSECONDS_PER_MILLISECOND;
    const path = Buffer.from(dumpFile(target.database));
    const writer = sink.open({ path, kind: 'file', mode: 0o600, uid: 0, gid: 0, mtimeNs });
    const walker = new ArchiveWalker();
    let doneBytes = 0;
    let shownBytes = 0;
    for await (const piece of process.stdout as AsyncIterable<Buffer>) {
      walker.update(piece);
      await writer.write(piece);
      doneBytes += piece.length;
      if (doneBytes - shownBytes < PROGRESS_BYTES) continue;
      shownBytes = doneBytes;
      sink.progress({ phase: `pg_dump ${target.database}`, doneBytes });
    }
    // In this order: the tool's own word, then the archive's end, and only then the file counts.
    const said = await process.succeeded();
    const head = walker.finish();
    assertOfThisDump(head, target.database, snapshot);
    await writer.close();
    return { head, rows: walker.rows, warnings: [...vulnerabilityWarnings('pg_dump', tool), ...said] };
  });
}

function dumpArguments({ snapshot, excluded }: DumpPlan): readonly string[] {
  return [
    '--format=custom',
    // The repository compresses, and finds what it has already: compressed by the tool, one changed row changes all that follows.
    '--compress=0',
    '--no-password',
    `--snapshot=${snapshot.name}`,
    `--lock-wait-timeout=${LOCK_WAIT_MILLISECONDS}`,
    // Quoted, a name is no pattern. Definitions stay, so that what refers to these tables can be restored.
    ...excluded.map((table) => `--exclude-table-data=${quoteTable(table)}`),
    // A standby has no rows of them.
    ...(snapshot.isStandby ? ['--no-unlogged-table-data'] : []),
  ];
}

async function fingerprintAll({ settings, snapshot, tables }: DumpPlan): Promise<readonly Fingerprint[]> {
  if (settings.fingerprints === 'none') return [];
  const found: Fingerprint[] = [];
  for (const table of tables) found.push(await fingerprintTable(snapshot.connection, table, settings.fingerprints));
  const objects = await fingerprintLargeObjects(snapshot.connection, settings.fingerprints);
  return objects === undefined ? found : [...found, objects];
}

/** A tool that ran to its end on something else has not made this backup. */
function assertOfThisDump(head: ArchiveHead, database: string, snapshot: Snapshot): void {
  if (head.database !== database)
    throw new HoldfastError('SourceChanged', `pg_dump wrote database '${head.database}' instead of '${database}'`);
  if (!snapshot.version.startsWith(head.serverVersion.split(' ')[0] ?? '')) {
    throw new HoldfastError(
      'SourceChanged',
      `pg_dump reached a server of version ${head.serverVersion}, the snapshot is of ${snapshot.version}`,
    );
  }
}

/** Trap 3: the catalog says which tables there are, the snapshot how many rows; the archive has to hold just these. */
function assertMatchesCatalog(
  { head, rows }: Streamed,
  tables: readonly Table[],
  fingerprints: readonly Fingerprint[],
): void {
  const data = new Map(
    head.entries
      .filter((entry) => entry.description === 'TABLE DATA')
      .map((entry) => [tableText({ schema: entry.namespace, name: entry.tag }), entry.dumpId]),
  );
  const missing = tables.filter((table) => !data.has(tableText(table)));
  if (missing.length > 0) {
    throw new HoldfastError(
      'DumpIncomplete',
      `the dump lacks the rows of ${missing.length} tables, the first is '${tableText(missing[0]!)}'`,
      {
        missing: missing.length,
      },
    );
  }
  for (const { name, count } of fingerprints) {
    const dumped = rows.get(data.get(name) ?? -1);
    if (dumped === undefined || dumped === count) continue;
    throw new HoldfastError('DumpIncomplete', `the dump holds ${dumped} rows of '${name}', the snapshot has ${count}`, {
      table: name,
    });
  }
}

function facts(plan: DumpPlan, { head, rows, warnings }: Streamed, fingerprints: readonly Fingerprint[]): UnitFacts {
  const { snapshot, target, tables, excluded } = plan;
  const database = target.database;
  const { properties } = snapshot;
  return {
    sourceVersion: snapshot.version,
    consistentAt: snapshot.consistentAt,
    includedTables: tables.slice(0, TABLES_SHOWN_MAX).map(tableText),
    warnings: [
      ...(excluded.length > 0 ? [`the rows of ${excluded.length} tables were left out, as configured`] : []),
      ...warnings,
    ].slice(0, WARNINGS_MAX),
    fingerprints: fingerprints
      .slice(0, FINGERPRINTS_SHOWN_MAX)
      .map((one) => ({ ...one, name: `${database}.${one.name}` })),
    details: {
      database,
      systemIdentifier: snapshot.systemIdentifier,
      majorVersion: snapshot.major,
      toolVersion: head.toolVersion,
      archiveVersion: head.archiveVersion,
      tables: tables.length,
      rows: [...rows.values()].reduce((sum, count) => sum + count, 0),
      fingerprints: fingerprints.length,
      ...properties,
    },
  };
}
