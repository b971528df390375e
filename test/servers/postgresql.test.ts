// Proves the test servers themselves: each major starts, answers, keeps its data over a crash and restarts from a copy.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';

import { runProcess, runProcessOrThrow } from '../../scripts/run-process.ts';
import { hasPostgresqlClient, hasPostgresqlServer, postgresqlClient, postgresqlMajors } from './postgresql-programs.ts';
import { startFromDataDir, startPostgresql } from './postgresql.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgresql-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(postgresqlMajors)('PostgreSQL %i', (major) => {
  const withServer = hasPostgresqlServer(major) ? test : test.skip;
  const withBoth = hasPostgresqlServer(major) && hasPostgresqlClient(major) ? test : test.skip;

  withServer('server - answers with its version, on the local address only', async () => {
    const server = await startPostgresql({ major, dir: join(folder, `version-${major}`) });

    const [row] = await server.sql('postgres', "select version(), current_setting('listen_addresses') as addresses");
    await server.stop();

    expect(row?.['version']).toMatch(new RegExp(`^PostgreSQL ${major}\\.`));
    expect(row?.['addresses']).toBe('127.0.0.1');
    await expect(server.sql('postgres', 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  withServer('server with passwords - lets in the right one only', async () => {
    const server = await startPostgresql({ major, dir: join(folder, `scram-${major}`), auth: 'scram' });
    const stranger = new Client({ connectionString: server.url().replace(server.password, 'guess') });

    await expect(stranger.connect()).rejects.toThrow('password authentication failed');
    await expect(server.sql('postgres', 'select 1 as one')).resolves.toEqual([{ one: 1 }]);

    await server.stop();
  });

  withServer('server started on a copy after a crash - has the committed rows', async () => {
    const dir = join(folder, `crash-${major}`);
    const source = await startPostgresql({ major, dir, settings: { wal_level: 'logical' } });
    await source.sql('postgres', 'create table kept (id int); insert into kept select generate_series(1, 1000)');
    await source.stop('immediate');
    cpSync(source.dataDir, join(dir, 'copy'), { recursive: true });

    const copy = await startFromDataDir({ major, dataDir: join(dir, 'copy'), password: source.password });
    const rows = await copy.sql('postgres', 'select count(*)::int as rows from kept where id > $1', [500]);
    await copy.stop();

    expect(rows).toEqual([{ rows: 500 }]);
  });

  withBoth('client programs - dump and restore between servers of their major', async () => {
    const client = postgresqlClient(major);
    const server = await startPostgresql({ major, dir: join(folder, `dump-${major}`), auth: 'scram' });
    await server.sql('postgres', "create table kept (name text); insert into kept values ('größe')");
    await server.sql('postgres', 'create database target');
    const archive = join(folder, `dump-${major}.custom`);

    await runProcessOrThrow(client.pgDump, ['--format=custom', `--file=${archive}`, server.url()]);
    await runProcessOrThrow(client.pgRestore, [`--dbname=${server.url('target')}`, archive]);
    const globals = await runProcessOrThrow(client.pgDumpall, ['--globals-only', `--dbname=${server.url()}`]);
    const printed = await runProcess(client.psql, ['--no-psqlrc', '-Atc', 'table kept', server.url('target')]);
    await server.stop();

    expect(printed.stdout).toBe('größe\n');
    expect(globals).toContain('CREATE ROLE postgres');
  });
});
