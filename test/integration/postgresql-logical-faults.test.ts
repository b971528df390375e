// Logical backups that go wrong, and servers or names that mean harm: what a tool says is believed only as far as its archive bears it out.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { hasPostgresqlClient, hasPostgresqlServer, postgresqlClient } from '../servers/postgresql-programs.ts';
import { startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { dumpAll, readersOf, restoreRequest, sourceOf, workplace } from './postgresql-fixture.ts';

const MAJOR = 17;
const withAll = hasPostgresqlServer(MAJOR) && hasPostgresqlClient(MAJOR) ? test : test.skip;
const place = workplace();
const CANARY = 'canary-4e9b:\\with colon';
const SECRETS = { 'env:RIGHT': CANARY, 'env:WRONG': 'wrong-canary' };
let server: PostgresqlServer;
let client: string;

beforeAll(async () => {
  if (!hasPostgresqlServer(MAJOR) || !hasPostgresqlClient(MAJOR)) return;
  client = postgresqlClient(MAJOR).binDir;
  server = await startPostgresql({ major: MAJOR, dir: place.path('source'), auth: 'scram' });
  await server.sql(
    'postgres',
    'CREATE TABLE orders AS SELECT g AS id, md5(g::text) AS note FROM generate_series(1, 5000) g',
  );
  await server.sql('postgres', 'CREATE TABLE other AS SELECT g AS id FROM generate_series(1, 10) g');
  await server.sql('postgres', `CREATE ROLE backup LOGIN SUPERUSER PASSWORD '${CANARY}'`);
  await server.sql('postgres', `CREATE ROLE plain LOGIN PASSWORD '${CANARY}'`);
});
afterAll(async () => {
  if (hasPostgresqlServer(MAJOR) && hasPostgresqlClient(MAJOR)) await server.stop('immediate');
  place.remove();
});

const context = (signal?: AbortSignal) => place.context({ secrets: SECRETS, ...(signal && { signal }) });
const source = (settings: Readonly<Record<string, unknown>> = {}) =>
  sourceOf(server, 'logical', { user: 'backup', credentialRef: 'env:RIGHT', clientBinDir: client, ...settings });
const UNIT = { name: 'database/postgres', sizeBytesEstimate: 0, spec: { database: 'postgres' } };

/** Dumps database postgres with a pg_dump that is a script of ours around the real one. */
async function dumpWith(script: string, settings: Readonly<Record<string, unknown>> = {}) {
  const folder = place.path('stub');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'pg_dump'),
    `#!/bin/sh\nreal=${client}/pg_dump\n[ "$1" = --version ] && exec $real --version\n${script}\n`,
  );
  chmodSync(join(folder, 'pg_dump'), 0o755);
  const sink = place.sink();
  const facts = await postgresql.dump(source({ clientBinDir: folder, ...settings }), UNIT, sink, context());
  return { facts, sink, folder };
}

describe('a tool that does not do what it says', () => {
  withAll.each([
    ['trap 1 - writes half and exits 1', '$real "$@" | head -c 100000; exit 1', 'DumpToolFailed'],
    ['trap 2 - is killed after half', '$real "$@" | head -c 100000; kill -9 $$', 'DumpToolFailed'],
    ['trap 3 - writes half and exits 0', '$real "$@" | head -c 100000; exit 0', 'DumpIncomplete'],
    ['writes all but the last byte and exits 0', '$real "$@" | head -c -1; exit 0', 'DumpIncomplete'],
    ['writes nothing and exits 0', 'exit 0', 'DumpIncomplete'],
    ['writes everything and exits 1', '$real "$@"; exit 1', 'DumpToolFailed'],
    [
      'writes everything, reports an error and exits 0',
      '$real "$@"; echo "pg_dump: error: something" >&2; exit 0',
      'DumpToolFailed',
    ],
    ['leaves a table out', '$real "$@" --exclude-table=orders', 'DumpIncomplete'],
    ["leaves a table's rows out", '$real "$@" --exclude-table-data=orders', 'DumpIncomplete'],
    ['dumps the schema only', '$real "$@" --schema-only', 'DumpIncomplete'],
    ['dumps another database', 'PGDATABASE=template1 $real --format=custom --compress=0', 'SourceChanged'],
    ['writes something else than an archive', 'echo "-- PostgreSQL database dump"', 'DumpIncomplete'],
    ['writes plain text', '$real "$@" --format=plain', 'DumpIncomplete'],
    [
      'cannot log in',
      'echo "pg_dump: error: connection failed: FATAL:  password authentication failed for user" >&2; exit 1',
      'SourceAuthenticationFailed',
    ],
  ])('%s', async (_what, script, name) => {
    await expect(dumpWith(script)).rejects.toMatchObject({ name });
  });

  withAll('warns - the warning stands in the facts', async () => {
    const { facts } = await dumpWith(
      'echo "pg_dump: warning: there are circular foreign-key constraints" >&2; exec $real "$@"',
    );

    expect(facts.warnings.join()).toContain('circular foreign-key constraints');
  });

  withAll('rows that change after the snapshot - the counts are of the snapshot, and agree', async () => {
    const { facts } = await dumpWith(
      `PGPASSWORD= ${client}/psql -qc 'DELETE FROM other WHERE id > 5' >/dev/null; exec $real "$@"`,
    );

    expect(facts.fingerprints?.find((one) => one.name === 'postgres.public.other')?.count).toBe(10);
    expect(await server.sql('postgres', 'SELECT count(*) FROM other')).toEqual([{ count: '5' }]);
    await server.sql('postgres', 'INSERT INTO other SELECT generate_series(6, 10)');
  });

  withAll('stopped by request while the tool waits - ExecutionStopped, and the tool is gone', async () => {
    const folder = place.path('sleeper');
    mkdirSync(folder);
    const script = `#!/bin/sh\n[ "$1" = --version ] && exec ${client}/pg_dump --version\necho $$ > ${folder}/pid\nexec sleep 600\n`;
    writeFileSync(join(folder, 'pg_dump'), script);
    chmodSync(join(folder, 'pg_dump'), 0o755);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1500);

    const dumping = postgresql.dump(source({ clientBinDir: folder }), UNIT, place.sink(), context(controller.signal));

    await expect(dumping).rejects.toMatchObject({ name: 'ExecutionStopped' });
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('what a tool is given (S-02, S-03)', () => {
  withAll('arguments and environment - no secret in either, nothing of ours leaks in', async () => {
    process.env['PGOPTIONS'] = '-c search_path=evil';
    process.env['LEAKED'] = 'yes';
    try {
      const { folder } = await dumpWith(
        'd=$(dirname "$0"); echo "$@" > $d/args; env > $d/env; cp "$PGPASSFILE" $d/pass; stat -c %a "$PGPASSFILE" > $d/mode; exec $real "$@"',
      );

      const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
      expect(read('args') + read('env')).not.toContain('canary');
      const names = read('env')
        .split('\n')
        .map((line) => line.split('=')[0])
        .filter((name) => name !== '' && name !== '_' && name !== 'PWD');
      expect(names.sort()).toEqual([
        'HOME',
        'LC_ALL',
        'PATH',
        'PGAPPNAME',
        'PGCONNECT_TIMEOUT',
        'PGDATABASE',
        'PGGSSENCMODE',
        'PGHOST',
        'PGPASSFILE',
        'PGPORT',
        'PGSSLMODE',
        'PGSYSCONFDIR',
        'PGUSER',
        'TZ',
      ]);
      expect(read('pass')).toBe('*:*:*:*:canary-4e9b\\:\\\\with colon\n');
      expect(read('mode').trim()).toBe('600');
    } finally {
      delete process.env['PGOPTIONS'];
      delete process.env['LEAKED'];
    }
  });

  withAll('wrong password - SourceAuthenticationFailed, the password is nowhere in the error', async () => {
    const error: unknown = await postgresql
      .plan(source({ credentialRef: 'env:WRONG' }), context())
      .catch((caught: unknown) => caught);

    expect(error).toMatchObject({ name: 'SourceAuthenticationFailed' });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wrong-canary');
  });

  withAll('a role that may not read - the probe prints the grant; the dump has a name for it', async () => {
    const { problems } = await postgresql.probe(source({ user: 'plain' }), context());

    expect(problems.join()).toContain('GRANT pg_read_all_data TO "plain"');
    await expect(postgresql.dump(source({ user: 'plain' }), UNIT, place.sink(), context())).rejects.toMatchObject({
      name: 'SourcePrivilegeMissing',
    });
    await server.sql('postgres', 'GRANT pg_read_all_data TO plain');
    const dumped = await dumpAll(source({ user: 'plain' }), { ...place, context: () => context() });
    expect(dumped[0]?.facts.warnings.join()).toContain('passwords of roles are not included');
  });

  withAll('a client with published holes where that is not allowed - refused with its cure', async () => {
    const strict = source({ allowVulnerableClient: false });

    const { problems } = await postgresql.probe(strict, context());

    // Holds as long as the client on this machine is an older one.
    if (problems.length > 0) {
      expect(problems.join()).toContain('cure: update to 17.');
      await expect(postgresql.dump(strict, UNIT, place.sink(), context())).rejects.toMatchObject({
        name: 'SourceVersionUnsupported',
      });
    }
  });
});

describe('S-01 - names that would send a client elsewhere', () => {
  withAll(
    'databases called like addresses and options - dumped and restored, and nobody called the listener',
    async () => {
      const calls: string[] = [];
      const listener = createServer((socket) => {
        calls.push('called');
        socket.destroy();
      });
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      const address = listener.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      const evil = [
        `host=127.0.0.1 port=${port}`,
        `postgres://127.0.0.1:${port}/x`,
        '--file=/tmp/stolen',
        `x' host=127.0.0.1 port=${port} '`,
        '\\gexec "quoted" %s',
        'naïve ☃ база',
      ];
      const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
      for (const name of evil) {
        await server.sql('postgres', `CREATE DATABASE ${quoted(name)}`);
        await server.sql(name, `CREATE TABLE mine AS SELECT 7 AS n`);
      }
      const target = {
        kind: 'database' as const,
        settings: { host: '127.0.0.1', port: server.port, user: 'backup', credentialRef: 'env:RIGHT' },
      };

      try {
        const dumped = await dumpAll(source(), { ...place, context: () => context() });
        const result = await postgresql.restore(source(), readersOf(dumped), restoreRequest(target), context());

        expect(dumped.slice(1).map(({ facts }) => facts.details['database'])).toEqual(expect.arrayContaining(evil));
        expect(result.compared.equal).toBe(true);
        for (const { name } of dumped.slice(1)) expect(name).toMatch(/^database\/[A-Za-z0-9_.!~*'()%-]+$/);
        const restored = (await server.sql('postgres', 'SELECT datname FROM pg_database')).map((row) =>
          String(row['datname']),
        );
        for (const name of evil)
          expect(restored.some((one) => one.startsWith(name.slice(0, 20)) && one.includes('_restored_'))).toBe(true);
        expect(calls).toEqual([]);
      } finally {
        listener.close();
        for (const { datname } of await server.sql(
          'postgres',
          "SELECT datname FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')",
        )) {
          await server.sql('postgres', `DROP DATABASE ${quoted(String(datname))}`);
        }
      }
    },
  );
});

describe('a restore that must not succeed', () => {
  const target = (database: string) => ({
    kind: 'database' as const,
    database,
    settings: { host: '127.0.0.1', port: server.port, user: 'backup', credentialRef: 'env:RIGHT' },
  });
  const names = async () =>
    (await server.sql('postgres', 'SELECT datname FROM pg_database')).map((row) => String(row['datname']));

  withAll.each([
    [
      'trap 49 - one row changed in the stored dump',
      (bytes: Buffer) => bytes.write('ffff', bytes.indexOf(md5Line(4000)) + 5),
      'RestoreMismatch',
    ],
    [
      'a row that no longer parses',
      (bytes: Buffer) => bytes.fill('\t', bytes.indexOf(md5Line(4000)) + 5, bytes.indexOf(md5Line(4000)) + 9),
      'DumpToolFailed',
    ],
    ['a broken head', (bytes: Buffer) => bytes.fill(0xff, 0, 20), 'RestoreMismatch'],
  ])('%s - no database under the wanted name', async (_what, damage, name) => {
    const dumped = await dumpAll(source(), { ...place, context: () => context() });
    const file = dumped[1]!.sink.fileOf('postgres.dump');
    const bytes = readFileSync(file);
    damage(bytes);
    writeFileSync(file, bytes);

    await expect(
      postgresql.restore(source(), readersOf(dumped), restoreRequest(target('wanted')), context()),
    ).rejects.toMatchObject({ name });
    expect((await names()).filter((one) => one === 'wanted' || one.startsWith('holdfast_'))).toEqual([]);
    const scratch = { ...target('x').settings };
    expect((await postgresql.testRestore(source(), readersOf(dumped), scratch, context())).verdict).toBe('failed');
  });

  withAll.each(['postgres.dump', 'database.json'])('%s missing - RestoreMismatch', async (path) => {
    const dumped = await dumpAll(source(), { ...place, context: () => context() });
    dumped[1]!.sink.forget(path);

    await expect(
      postgresql.restore(source(), readersOf(dumped), restoreRequest(target('wanted')), context()),
    ).rejects.toMatchObject({ name: 'RestoreMismatch' });
  });

  withAll('trap 50 - an extension that the scratch server lacks - inconclusive, not failed', async () => {
    const dumped = await dumpAll(source(), { ...place, context: () => context() });
    const folder = place.path('no-extension');
    mkdirSync(folder);
    const script = `#!/bin/sh\n[ "$1" = --version ] && exec ${client}/pg_restore --version\ncat >/dev/null\necho 'pg_restore: error: could not execute query: ERROR:  extension "postgis" is not available' >&2\nexit 1\n`;
    writeFileSync(join(folder, 'pg_restore'), script);
    chmodSync(join(folder, 'pg_restore'), 0o755);

    const result = await postgresql.testRestore(
      source({ clientBinDir: folder }),
      readersOf(dumped),
      target('x').settings,
      context(),
    );

    expect(result.verdict).toBe('inconclusive');
    expect(result.detail).toContain('postgis');
  });
});

const md5Line = (id: number): string => `${id}\t`;
