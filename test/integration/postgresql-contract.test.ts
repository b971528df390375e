// Runs the engine contract on both methods of the PostgreSQL engine with a real server. Its mutants run on the files engine, in seconds.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import type { RestoreTarget } from '../../lib/ports/engine.ts';
import { runProcessOrThrow } from '../../scripts/run-process.ts';
import type { MakeSubject } from '../contracts/contract.ts';
import { engineContract } from '../contracts/engine.contract.ts';
import type { EngineSubject } from '../contracts/engine/engine-kit.ts';
import { hasPostgresqlClient, hasPostgresqlServer, postgresqlClient } from '../servers/postgresql-programs.ts';
import { startFromDataDir, startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';

const MAJOR = 17;
const CANARY = 'canary-93b1e5';
const DUMPED = ['--no-owner', '--restrict-key=x'];
const canRun = hasPostgresqlServer(MAJOR) && hasPostgresqlClient(MAJOR);

const home = mkdtempSync(join(tmpdir(), 'holdfast-pg-'));
let shared: Promise<PostgresqlServer> | undefined;
let made = 0;

/** One server for all cases: the contract changes rows, and puts databases beside the source's. */
function server(): Promise<PostgresqlServer> {
  shared ??= (async () => {
    const started = await startPostgresql({
      major: MAJOR,
      dir: home,
      auth: 'scram',
    });
    await started.sql('postgres', `CREATE ROLE backup SUPERUSER LOGIN REPLICATION PASSWORD '${CANARY}'`);
    await started.sql('postgres', 'CREATE DATABASE shop');
    await started.sql('shop', 'CREATE TABLE orders (id int PRIMARY KEY, note text); CREATE TABLE other (id int)');
    await started.sql('shop', 'INSERT INTO orders SELECT g, repeat(md5(g::text), 10) FROM generate_series(1, 3000) g');
    await started.sql('shop', 'INSERT INTO other SELECT generate_series(1, 100)');
    return started;
  })();
  return shared;
}
afterAll(async () => {
  await (await shared)?.stop('immediate');
  rmSync(home, { recursive: true, force: true });
});

/** By another's judgement: pg_dump's plain text of a database, on a server of its own where a data directory was restored. */
async function textOf(
  port: number,
  database: string,
  password: string,
  tables: readonly string[] = [],
): Promise<string> {
  const args = [
    `--port=${port}`,
    '--host=127.0.0.1',
    '--username=postgres',
    ...tables.map((table) => `--table=${table}`),
    ...DUMPED,
  ];
  return await runProcessOrThrow(postgresqlClient(MAJOR).pgDump, args, {
    env: { PGDATABASE: database, PGPASSWORD: password },
  });
}

async function differenceOf(target: RestoreTarget, tables: readonly string[] = []): Promise<string | undefined> {
  const source = await server();
  const expected = await textOf(source.port, 'shop', source.password, tables);
  if (target.kind === 'database') {
    const found = await textOf(source.port, target.database ?? '', source.password);
    return found === expected ? undefined : 'the dumps differ';
  }
  if (target.kind !== 'data-directory') return 'there is nothing to compare';
  const restored = await startFromDataDir({ major: MAJOR, dataDir: target.path, password: source.password });
  try {
    const found = await textOf(restored.port, 'shop', source.password);
    return found === expected ? undefined : 'the dumps differ';
  } finally {
    await restored.stop('immediate');
  }
}

const subjectOf =
  (method: 'physical' | 'logical'): MakeSubject<EngineSubject> =>
  async () => {
    const source = await server();
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-contract-'));
    const settings = {
      host: '127.0.0.1',
      port: source.port,
      user: 'backup',
      credentialRef: 'env:PASSWORD',
      serverBinDir: source.binDir,
      ...(method === 'logical' && { databases: ['shop'], clientBinDir: postgresqlClient(MAJOR).binDir }),
    };
    const { serverBinDir: _bin, ...target } = settings;
    const connection = Object.fromEntries(Object.entries(target).filter(([key]) => key !== 'databases'));
    const database = async (): Promise<RestoreTarget> => ({
      kind: 'database',
      settings: connection,
      database: `target_${(made += 1)}`,
    });
    const subject: EngineSubject = {
      engine: postgresql,
      method,
      settings,
      unreachable: { ...settings, port: 1 },
      secrets: { 'env:PASSWORD': CANARY },
      canary: CANARY,
      folder,
      logged: [],
      changeSource: async () => {
        await source.sql('shop', "UPDATE orders SET note = 'changed' || random() WHERE id <= 10");
      },
      targets:
        method === 'physical'
          ? { 'data-directory': async () => ({ kind: 'data-directory', path: join(folder, `target-${(made += 1)}`) }) }
          : { database, 'in-place': async () => ({ kind: 'in-place', settings: {} }) },
      occupy: async (target) => {
        if (target.kind === 'database') {
          await source.sql('postgres', `CREATE DATABASE ${target.database ?? ''}`);
          await source.sql(target.database ?? '', 'CREATE TABLE mine AS SELECT 1 AS n');
          return {
            isUntouched: async () => (await source.sql(target.database ?? '', 'SELECT n FROM mine'))[0]?.['n'] === 1,
          };
        }
        const path = join('path' in target ? target.path : '', 'mine');
        mkdirSync(join(path, '..'), { recursive: true });
        writeFileSync(path, 'mine');
        return { isUntouched: async () => existsSync(path) && readFileSync(path, 'utf8') === 'mine' };
      },
      differenceOf,
      ...(method === 'logical' && {
        partial: {
          request: { selectedTables: ['orders'], selectedPaths: [] },
          unknown: { selectedTables: ['nowhere'], selectedPaths: [] },
          differenceOf: (target: RestoreTarget) => differenceOf(target, ['public.orders']),
        },
      }),
      // A server that runs writes its log, its checkpoints and the time of each dump.
      isStable: ({ path }) => /PG_VERSION|postgresql\.conf|database\.json/.test(path.toString('latin1')),
    };
    return { subject, dispose: async () => rmSync(folder, { recursive: true, force: true }) };
  };

if (canRun) {
  engineContract('PostgreSQL, physical', subjectOf('physical'));
  engineContract('PostgreSQL, logical', subjectOf('logical'));
} else {
  describe('engine contract: PostgreSQL', () => {
    test.skip('needs a server and client programs', () => undefined);
  });
}
