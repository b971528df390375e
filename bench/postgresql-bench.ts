// The PostgreSQL benchmark: physical backups of a real server before and after changes, verification and restore; pg_basebackup to
// nowhere as the yardstick. The server's own work is not counted, ours is.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { UnitResult } from '../lib/domain/backup-record.ts';
import type { StorePolicy } from '../lib/domain/store-policy.ts';
import { startFromDataDir, startPostgresql } from '../test/servers/postgresql.ts';
import type { PostgresqlServer } from '../test/servers/postgresql.ts';
import { hasPostgresqlClient, postgresqlClient } from '../test/servers/postgresql-programs.ts';
import { childrenCpuSeconds, runPhaseInChild } from './phase-process.ts';
import { POSTGRESQL_PHASES } from './postgresql-phase.ts';
import type { PhaseOutcome, PhaseRequest, PostgresqlPhase } from './postgresql-phase.ts';
import type { BenchReport } from './report.ts';
import { bytesBelow } from './tree-bench.ts';

const MAJOR = 18;
const MEGABYTE = 1e6;
/** Row, its index entry and the share of page headers, as measured. */
const BYTES_PER_ROW = 157;

export interface PostgresqlBenchOptions {
  readonly megabytes: number;
  readonly compression: StorePolicy['compression'];
  readonly keep: boolean;
}

export async function runPostgresqlBench(options: PostgresqlBenchOptions): Promise<BenchReport> {
  // Below the system's temporary folder, because a server that root starts runs as another user.
  const work = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  for (const name of ['repository', 'scratch', 'server']) mkdirSync(join(work, name));
  const server = await startPostgresql({ major: MAJOR, dir: join(work, 'server') });
  try {
    const rows = Math.round((options.megabytes * MEGABYTE) / BYTES_PER_ROW);
    await server.sql('postgres', schema(rows));
    await server.sql('postgres', 'VACUUM (FREEZE, ANALYZE) accounts');
    await server.sql('postgres', 'CHECKPOINT');
    return await measure(options, { work, server, rows });
  } finally {
    await server.stop('fast');
    if (!options.keep) rmSync(work, { recursive: true, force: true });
  }
}

/** The accounts of pgbench, but with a filler that compresses like text and not like the blanks that pgbench writes. */
const schema = (rows: number): string => `
CREATE TABLE accounts (aid int PRIMARY KEY, bid int NOT NULL, abalance int NOT NULL, filler char(84) NOT NULL);
INSERT INTO accounts
  SELECT n, 1 + n / 100000, n % 1000 * 7919 % 100000, md5(n::text) || md5((n * 31)::text) || left(md5((n * 37)::text), 20)
  FROM generate_series(1, ${rows}) n;`;

interface Bench {
  readonly work: string;
  readonly server: PostgresqlServer;
  readonly rows: number;
}

async function measure({ compression }: PostgresqlBenchOptions, bench: Bench): Promise<BenchReport> {
  const { work, server } = bench;
  const measured = yardsticks(server);
  const units: UnitResult[] = [];
  const phases: BenchReport['phases'][number][] = [];
  const target = join(work, 'restored');
  for (const phase of POSTGRESQL_PHASES) {
    await change(phase, bench);
    const request: PhaseRequest = { phase, port: server.port, work, target, compression, units };
    const { unit, ...measurement } = runPhaseInChild<PhaseOutcome>('pg', request);
    if (unit !== undefined) units.push(unit);
    phases.push({ phase, ...measurement });
  }
  const notes = [await proof(server, target), ...ratios(phases, measured)];
  const reader = `PostgreSQL ${MAJOR}, physical`;
  return { reader, compression, repositoryBytes: bytesBelow(join(work, 'repository')), phases, notes };
}

/** One hundredth of the rows: all beside each other, or one on almost every page. */
async function change(phase: PostgresqlPhase, { server, rows }: Bench): Promise<void> {
  const rowsOf = { '1% range': `aid <= ${Math.round(rows / 100)}`, '1% spread': 'aid % 100 = 0' };
  if (!(phase in rowsOf)) return;
  const where = rowsOf[phase as keyof typeof rowsOf];
  await server.sql('postgres', `UPDATE accounts SET abalance = abalance + 1 WHERE ${where}`);
  await server.sql('postgres', 'CHECKPOINT');
}

/** What PostgreSQL's own program does on its way to nowhere; it neither seals nor deduplicates nor reads anything back. */
const YARDSTICKS = {
  pg_basebackup: [],
  'pg_basebackup with zstd 3': ['--compress=client-zstd:level=3'],
} as const;

/** Processor seconds by yardstick; empty where the program is not at hand. */
function yardsticks(server: PostgresqlServer): ReadonlyMap<string, number> {
  if (!hasPostgresqlClient(MAJOR)) return new Map();
  return new Map(Object.entries(YARDSTICKS).map(([name, options]) => [name, baseBackupCpuSeconds(server, options)]));
}

function baseBackupCpuSeconds(server: PostgresqlServer, more: readonly string[]): number {
  const program = join(postgresqlClient(MAJOR).binDir, 'pg_basebackup');
  const connection = ['--host', server.host, '--port', String(server.port), '--username', server.superuser];
  const options = ['--pgdata=-', '--format=tar', '--wal-method=fetch', '--checkpoint=fast', '--no-manifest', ...more];
  const before = childrenCpuSeconds();
  const { status } = spawnSync(program, [...connection, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`pg_basebackup ended with ${String(status)}`);
  return childrenCpuSeconds() - before;
}

/** What was restored starts, and its sums are those of the source. */
async function proof(server: PostgresqlServer, dataDir: string): Promise<string> {
  const restored = await startFromDataDir({ major: MAJOR, dataDir, password: server.password });
  try {
    const sums = 'SELECT count(*), sum(abalance), sum(hashtext(filler)) FROM accounts';
    const [expected, found] = await Promise.all([server, restored].map((one) => one.sql('postgres', sums)));
    if (JSON.stringify(expected) !== JSON.stringify(found)) throw new Error('the restored server has other sums');
    return 'the restored cluster starts and has the sums of the source';
  } finally {
    await restored.stop('fast');
  }
}

function ratios(phases: BenchReport['phases'], measured: ReadonlyMap<string, number>): readonly string[] {
  if (measured.size === 0) return [`no pg_basebackup ${MAJOR} at hand to compare with: run "npm run servers"`];
  const compared = phases.filter(({ phase }) => ['full', 'unchanged'].includes(phase));
  return [...measured].map(([name, seconds]) => {
    const texts = compared.map(({ phase, cpuSeconds }) => `${phase} ${(cpuSeconds / seconds).toFixed(1)}`);
    return `processor time as a multiple of ${name} to /dev/null (${seconds.toFixed(2)} s): ${texts.join(', ')}`;
  });
}
