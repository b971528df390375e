// Physical backups of real servers under load: restored, started, compared by SQL, and by PostgreSQL's own pg_verifybackup.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { ScratchServer } from '../../lib/engines/postgresql/scratch-server.ts';
import { runProcess } from '../../scripts/run-process.ts';
import {
  hasPostgresqlClient,
  hasPostgresqlServer,
  postgresqlClient,
  postgresqlMajors,
  postgresqlServerPrograms,
} from '../servers/postgresql-programs.ts';
import { startFromDataDir, startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { giveToServer, serverUser } from '../servers/server-user.ts';
import { dumpAll, keepWriting, readersOf, restoreRequest, sourceOf, workplace } from './postgresql-fixture.ts';

const place = workplace();
afterAll(() => place.remove());

/** Both tables change in one transaction: their sums agree in every consistent state and in no other. */
const ACCOUNTS = `
  CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL, note text);
  INSERT INTO accounts SELECT g, 1000, repeat(md5(g::text), 20) FROM generate_series(1, 20000) g;
  CREATE TABLE transfers (id bigserial PRIMARY KEY, amount bigint NOT NULL);
  CREATE TABLE large (id int, bytes bytea);
  INSERT INTO large SELECT g, decode(repeat(md5(g::text), 20000), 'hex') FROM generate_series(1, 20) g;`;
const TRANSFER = `
  WITH moved AS (INSERT INTO transfers (amount) SELECT (random() * 100)::int RETURNING amount)
  UPDATE accounts SET balance = balance - moved.amount FROM moved WHERE id = (SELECT 1 + (random() * 19999)::int)`;
const SUMS = `
  SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT sum(balance) FROM accounts) AS balance,
         (SELECT coalesce(sum(amount), 0) FROM transfers) AS moved, (SELECT md5(string_agg(bytes, '' ORDER BY id)) FROM large) AS large`;

interface Sums {
  readonly accounts: string;
  readonly balance: string;
  readonly moved: string;
  readonly large: string;
}
const sums = async (server: PostgresqlServer): Promise<Sums> =>
  (await server.sql('postgres', SUMS))[0] as unknown as Sums;

describe.each(postgresqlMajors)('PostgreSQL %i', (major) => {
  const withServer = hasPostgresqlServer(major) ? test : test.skip;
  let server: PostgresqlServer;
  beforeAll(async () => {
    if (!hasPostgresqlServer(major)) return;
    server = await startPostgresql({ major, dir: place.path(`source-${major}`) });
    await server.sql('postgres', ACCOUNTS);
    await server.sql('postgres', 'CREATE ROLE backup LOGIN REPLICATION');
  });
  afterAll(async () => {
    if (hasPostgresqlServer(major)) await server.stop('immediate');
  });

  withServer(
    'backup under writes - a role that may only replicate is enough; restored server is consistent and whole',
    async () => {
      const source = sourceOf(server, 'physical', { user: 'backup' });
      const before = await sums(server);
      const writer = await keepWriting(server, TRANSFER);
      const dumped = await dumpAll(source, place).finally(() => writer.stop());
      const after = await sums(server);
      const path = place.path('restored');

      const result = await postgresql.restore(
        source,
        readersOf(dumped),
        restoreRequest({ kind: 'data-directory', path }),
        place.context(),
      );

      expect(writer.rounds()).toBeGreaterThan(0);
      expect(dumped[0]?.facts.details).toMatchObject({ majorVersion: major, timeline: 1 });
      expect(result.compared.equal).toBe(true);
      await expectVerifiedByServerTool(major, path);
      const restored = await startFromDataDir({ major, dataDir: path });
      const found = await sums(restored);
      await restored.stop();
      expect(Number(found.balance) + Number(found.moved)).toBe(20_000 * 1000);
      expect(found.large).toBe(before.large);
      expect(Number(found.moved)).toBeGreaterThanOrEqual(Number(before.moved));
      expect(Number(found.moved)).toBeLessThanOrEqual(Number(after.moved));
    },
  );

  withServer('the server, while and after it is backed up - keeps no slot and no backup of ours', async () => {
    await dumpAll(sourceOf(server), place);

    const [row] = await server.sql(
      'postgres',
      'SELECT (SELECT count(*) FROM pg_replication_slots) AS slots, (SELECT count(*) FROM pg_stat_replication) AS senders',
    );

    expect(row).toEqual({ slots: '0', senders: '0' });
  });

  withServer('test restore - starts a server without network, reads every row, leaves nothing', async () => {
    const source = sourceOf(server);
    const dumped = await dumpAll(source, place);
    const context = place.context();

    const result = await postgresql.testRestore(
      source,
      readersOf(dumped),
      { serverBinDir: server.binDir, start: 'require' },
      context,
    );

    expect(result).toMatchObject({ verdict: 'passed' });
    expect(result.detail).toMatch(
      new RegExp(`PostgreSQL ${major} recovered and read \\d+ rows of 3 tables in 2 databases`),
    );
    expect(readdirSync(context.scratchDir)).toEqual([]);
  });

  withServer('tablespaces and odd file names - restored inside the data directory and readable', async () => {
    const space = place.path('space');
    mkdirSync(space, { mode: 0o700 });
    giveToServer(space);
    await server.sql('postgres', `CREATE TABLESPACE fast LOCATION '${space}'`);
    await server.sql(
      'postgres',
      'CREATE TABLE in_space (id int) TABLESPACE fast; INSERT INTO in_space SELECT generate_series(1, 5000)',
    );
    const oddName = Buffer.concat([Buffer.from(`${server.dataDir}/odd `), Buffer.from([0xff, 0xc3])]);
    writeFileSync(oddName, 'kept');
    const source = sourceOf(server);
    const dumped = await dumpAll(source, place);
    // A place of the server's user: what is restored there becomes his.
    const home = place.path('home');
    mkdirSync(home);
    giveToServer(home);
    const path = join(home, 'restored');

    const result = await postgresql.restore(
      source,
      readersOf(dumped),
      restoreRequest({ kind: 'data-directory', path }),
      place.context(),
    );
    const test = await postgresql.testRestore(
      source,
      readersOf(dumped),
      { serverBinDir: server.binDir, start: 'require' },
      place.context(),
    );
    await server.sql('postgres', 'DROP TABLE in_space');
    await server.sql('postgres', 'DROP TABLESPACE fast');

    expect(result.warnings.join()).toContain('holdfast_tablespaces');
    expect(test.verdict).toBe('passed');
    expect(readFileSync(Buffer.concat([Buffer.from(`${path}/odd `), Buffer.from([0xff, 0xc3])])).toString()).toBe(
      'kept',
    );
    await expectVerifiedByServerTool(major, path);
    const [rows, pages] = await queryRestored(major, path, [
      'SELECT count(*), sum(id) FROM in_space',
      "SELECT pg_tablespace_location(oid) AS place FROM pg_tablespace WHERE spcname = 'fast'",
    ]);
    expect(rows).toEqual([{ count: '5000', sum: '12502500' }]);
    expect(pages?.[0]?.['place']).toBe(join(path, 'holdfast_tablespaces', oidOf(path)));
  });
});

/** Starts a server in place; the usual way would take the folder of a tablespace for one outside and open it to all. */
async function queryRestored(major: (typeof postgresqlMajors)[number], path: string, texts: readonly string[]) {
  const program = join(postgresqlServerPrograms(major), 'postgres');
  const options = { program, dataDirectory: path, owner: serverUser(), startSecondsMax: 60, users: ['postgres'] };
  const server = await ScratchServer.start(options, place.context());
  const connection = await server.connect('postgres');
  const results = [];
  for (const text of texts) results.push(await connection.query(text));
  await connection.close();
  await server.stop();
  return results;
}

function oidOf(dataDir: string): string {
  return readdirSync(join(dataDir, 'pg_tblspc'))[0] ?? '';
}

/** The oracle is not ours: it compares files with the manifest and reads the WAL with pg_waldump where that is installed. */
async function expectVerifiedByServerTool(major: (typeof postgresqlMajors)[number], path: string): Promise<void> {
  const program = hasPostgresqlClient(major) ? join(postgresqlClient(major).binDir, 'pg_verifybackup') : '';
  if (!existsSync(program)) return;
  const hasWalDump = existsSync(join(postgresqlClient(major).binDir, 'pg_waldump'));
  const result = await runProcess(program, [
    ...(hasWalDump ? [] : ['--no-parse-wal']),
    '--ignore=holdfast_tablespaces',
    path,
  ]);
  expect(result).toMatchObject({ stdout: expect.stringContaining('backup successfully verified') });
}
