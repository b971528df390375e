// Logical backups of real servers: dumped under writes, restored, compared by sorted COPY output; one table, in place, other majors.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { runProcessOrThrow } from '../../scripts/run-process.ts';
import {
  hasPostgresqlClient,
  hasPostgresqlServer,
  postgresqlClient,
  postgresqlMajors,
  type PostgresqlMajor,
} from '../servers/postgresql-programs.ts';
import { startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { dumpAll, keepWriting, readersOf, restoreRequest, sourceOf, workplace } from './postgresql-fixture.ts';

const place = workplace();
afterAll(() => place.remove());

const hasAll = (major: PostgresqlMajor): boolean => hasPostgresqlServer(major) && hasPostgresqlClient(major);

/** One of each kind of thing that has ever been lost on the way. */
const SCHEMA = `
  CREATE ROLE shop_owner;
  CREATE SCHEMA shop AUTHORIZATION shop_owner;
  CREATE TYPE shop.state AS ENUM ('new', 'paid');
  CREATE TABLE shop.customers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, photo bytea);
  CREATE TABLE shop.orders (
    id bigserial, customer int REFERENCES shop.customers, state shop.state DEFAULT 'new', amount numeric(12,2), weight float8,
    at timestamptz, took interval, tags text[], more jsonb, "select" text, "T" char(3), span int4range, address inet, PRIMARY KEY (id)
  );
  CREATE INDEX orders_by_time ON shop.orders (at DESC) WHERE state = 'new';
  INSERT INTO shop.customers (name, photo) SELECT 'name ' || g, decode(md5(g::text), 'hex') FROM generate_series(1, 500) g;
  INSERT INTO shop.orders (customer, amount, weight, at, took, tags, more, "select", "T", span, address)
    SELECT 1 + g % 500, g / 7.0, sqrt(g), '2026-01-01'::timestamptz + g * interval '1 minute', g * interval '1 second',
      ARRAY['a', NULL, E'tab\\tand\\nline'], jsonb_build_object('n', g), E'\\\\.', 'x', int4range(g, g + 5), '10.0.0.1'
    FROM generate_series(1, 4000) g;
  CREATE TABLE public.events (at date, body text) PARTITION BY RANGE (at);
  CREATE TABLE public.events_old PARTITION OF public.events FOR VALUES FROM ('2020-01-01') TO ('2025-01-01');
  CREATE TABLE public.events_new PARTITION OF public.events DEFAULT;
  INSERT INTO public.events SELECT '2024-12-01'::date + g, repeat('x', g % 50) FROM generate_series(1, 100) g;
  CREATE TABLE public.empty ();
  CREATE TABLE public.log (line text);
  INSERT INTO public.log SELECT 'line ' || g FROM generate_series(1, 50) g;
  CREATE VIEW shop.totals AS SELECT customer, sum(amount) FROM shop.orders GROUP BY 1;
  CREATE MATERIALIZED VIEW shop.frozen AS SELECT count(*) FROM shop.orders;
  CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER touched BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
  GRANT SELECT ON shop.orders TO shop_owner;
  SELECT lo_from_bytea(0, 'large object');`;
const TABLES = ['shop.customers', 'shop.orders', 'public.events_old', 'public.events_new', 'public.log'];

const describeMajors = postgresqlMajors.map((major) => ({ major }));

describe.each(describeMajors)('PostgreSQL $major', ({ major }) => {
  const withAll = hasAll(major) ? test : test.skip;
  let server: PostgresqlServer;
  const settings = () => ({ clientBinDir: postgresqlClient(major).binDir, serverBinDir: server.binDir });
  const source = (more: Readonly<Record<string, unknown>> = {}) =>
    sourceOf(server, 'logical', { ...settings(), ...more });
  const toServer = (database?: string) => ({
    kind: 'database' as const,
    settings: { host: '127.0.0.1', port: server.port, user: 'postgres' },
    ...(database !== undefined && { database }),
  });
  const databases = async () =>
    (await server.sql('postgres', 'SELECT datname FROM pg_database ORDER BY 1')).map((row) => String(row['datname']));

  beforeAll(async () => {
    if (!hasAll(major)) return;
    server = await startPostgresql({ major, dir: place.path(`logical-${major}`) });
    await server.sql('postgres', 'CREATE DATABASE shop');
    await server.sql('shop', SCHEMA);
    await server.sql(
      'postgres',
      'CREATE TABLE counters (id int PRIMARY KEY, n int); INSERT INTO counters VALUES (1, 0)',
    );
  });
  afterAll(async () => {
    if (hasAll(major)) await server.stop('immediate');
  });

  withAll(
    'round trip under writes - every table equal by sorted COPY output, with keys, views, owners and large objects',
    async () => {
      const writer = await keepWriting(server, 'UPDATE counters SET n = n + 1');
      const dumped = await dumpAll(source(), place).finally(() => writer.stop());
      const before = await databases();

      const result = await postgresql.restore(source(), readersOf(dumped), restoreRequest(toServer()), place.context());

      expect(dumped.map(({ name }) => name)).toEqual(['globals', 'database/postgres', 'database/shop']);
      const made = (await databases()).filter((name) => !before.includes(name));
      expect(made).toEqual([
        expect.stringMatching(/^postgres_restored_\d{14}$/),
        expect.stringMatching(/^shop_restored_\d{14}$/),
      ]);
      expect(result.compared).toMatchObject({ equal: true });
      for (const table of TABLES)
        expect(await sortedCopy(major, server, made[1] ?? '', table)).toBe(
          await sortedCopy(major, server, 'shop', table),
        );
      expect(await definitions(made[1] ?? '')).toEqual(await definitions('shop'));
      for (const name of made) await server.sql('postgres', `DROP DATABASE ${name}`);
    },
  );

  withAll('trap 23 - roles - stand in the backup, with a complete end', async () => {
    const [globals] = await dumpAll(source(), place);

    const text = await textOf(globals!, 'globals.sql');

    expect(text).toContain('CREATE ROLE shop_owner');
    expect(text).toContain('PostgreSQL database cluster dump complete');
  });

  withAll(
    'one table - alone, with its type, sequence, index, key and trigger, without the table its key points to',
    async () => {
      const dumped = await dumpAll(source({ databases: ['shop'] }), place);

      const request = restoreRequest(toServer('one_table'), { selectedTables: ['shop.orders'] });
      const result = await postgresql.restore(source(), readersOf(dumped), request, place.context());

      const relations = await server.sql(
        'one_table',
        "SELECT relname FROM pg_class WHERE relnamespace IN ('shop'::regnamespace, 'public'::regnamespace) AND relkind IN ('r', 'i', 'S', 'v') ORDER BY 1",
      );
      expect(relations.map((row) => row['relname'])).toEqual([
        'orders',
        'orders_by_time',
        'orders_id_seq',
        'orders_pkey',
      ]);
      expect(await server.sql('one_table', 'INSERT INTO shop.orders (amount) VALUES (1) RETURNING id, state')).toEqual([
        { id: '4001', state: 'new' },
      ]);
      expect(await server.sql('one_table', 'SELECT tgname FROM pg_trigger WHERE NOT tgisinternal')).toEqual([
        { tgname: 'touched' },
      ]);
      expect(result.warnings.join()).toContain('FK CONSTRAINT orders orders_customer_fkey');
      await server.sql('postgres', 'DROP DATABASE one_table');
      const unknown = restoreRequest(toServer('nothing'), { selectedTables: ['shop.nowhere'] });
      await expect(postgresql.restore(source(), readersOf(dumped), unknown, place.context())).rejects.toMatchObject({
        name: 'NotFound',
      });
      expect(await databases()).not.toContain('nothing');
    },
  );

  withAll(
    'trap 56 - in place - refused without confirmation; with it the live database is replaced and kept under another name',
    async () => {
      const dumped = await dumpAll(source({ databases: ['shop'] }), place);
      await server.sql('shop', 'DELETE FROM shop.orders');
      const request = restoreRequest({ kind: 'in-place', settings: {} });
      const reader = await keepWriting(server, 'SELECT 1');

      await expect(postgresql.restore(source(), readersOf(dumped), request, place.context())).rejects.toMatchObject({
        name: 'ConfirmationRequired',
      });
      expect(await server.sql('shop', 'SELECT count(*) FROM shop.orders')).toEqual([{ count: '0' }]);
      const result = await postgresql.restore(
        source(),
        readersOf(dumped),
        { ...request, mayOverwrite: true },
        place.context(),
      );
      await reader.stop();

      expect(await server.sql('shop', 'SELECT count(*) FROM shop.orders')).toEqual([{ count: '4000' }]);
      const kept = (await databases()).find((name) => /^shop_before_\d{14}$/.test(name)) ?? '';
      expect(await server.sql(kept, 'SELECT count(*) FROM shop.orders')).toEqual([{ count: '0' }]);
      expect(result.warnings.join()).toContain(kept);
      await server.sql('postgres', `DROP DATABASE ${kept}`);
    },
  );

  withAll('a database of that name exists - RestoreTargetNotEmpty, and nothing unfinished is left', async () => {
    const dumped = await dumpAll(source({ databases: ['shop'] }), place);

    await expect(
      postgresql.restore(source(), readersOf(dumped), restoreRequest(toServer('shop')), place.context()),
    ).rejects.toMatchObject({
      name: 'RestoreTargetNotEmpty',
    });
    expect((await databases()).filter((name) => name.startsWith('holdfast_'))).toEqual([]);
  });

  withAll('left-out rows - the definition is restored, its rows are not, and it is said', async () => {
    const only = source({ databases: ['shop'], excludeTables: ['log', 'public.events_*'] });
    const dumped = await dumpAll(only, place);

    await postgresql.restore(only, readersOf(dumped), restoreRequest(toServer('without_log')), place.context());

    expect(
      await server.sql(
        'without_log',
        'SELECT (SELECT count(*) FROM log) AS log, (SELECT count(*) FROM events) AS events',
      ),
    ).toEqual([{ log: '0', events: '0' }]);
    expect(dumped[1]?.facts.warnings.join()).toContain('the rows of 3 tables were left out');
    await server.sql('postgres', 'DROP DATABASE without_log');
  });

  withAll('test restore - into a server of its own, which goes away again; owners are there', async () => {
    const dumped = await dumpAll(source(), place);
    const context = place.context();

    const result = await postgresql.testRestore(source(), readersOf(dumped), undefined, context);

    expect(result).toMatchObject({ verdict: 'passed', detail: expect.stringContaining('tables with') });
    expect(result.fingerprints.map((one) => one.name)).toContain('shop.shop.orders');
  });

  async function definitions(database: string) {
    const [row] = await server.sql(
      database,
      `SELECT (SELECT string_agg(indexdef, '|' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'shop') AS indexes,
        (SELECT string_agg(pg_get_constraintdef(oid), '|' ORDER BY conname) FROM pg_constraint WHERE connamespace = 'shop'::regnamespace) AS keys,
        (SELECT pg_get_viewdef('shop.totals'::regclass)) AS view, (SELECT count FROM shop.frozen) AS frozen,
        (SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'shop') AS owner,
        (SELECT relacl::text FROM pg_class WHERE oid = 'shop.orders'::regclass) AS grants,
        (SELECT string_agg(convert_from(lo_get(oid), 'UTF8'), '|') FROM pg_largeobject_metadata) AS objects,
        (SELECT last_value FROM shop.orders_id_seq) AS sequence`,
    );
    return row;
  }
});

describe('between majors', () => {
  const majors = postgresqlMajors.filter(hasAll);
  const withSeveral = majors.length > 1 ? test : test.skip;

  withSeveral('dumped from the oldest, restored into the newest - equal', async () => {
    const [old, young] = [majors[0]!, majors.at(-1)!];
    const from = await startPostgresql({ major: old, dir: place.path('old') });
    const to = await startPostgresql({ major: young, dir: place.path('young') });
    await from.sql('postgres', SCHEMA);
    const source = sourceOf(from, 'logical', { clientBinDir: postgresqlClient(old).binDir });
    const dumped = await dumpAll(source, place);

    const target = {
      kind: 'database' as const,
      database: 'moved',
      settings: { host: '127.0.0.1', port: to.port, user: 'postgres' },
    };
    const result = await postgresql.restore(source, readersOf(dumped), restoreRequest(target), place.context());

    expect(result.compared.equal).toBe(true);
    expect(result.warnings.join()).toContain('these roles are not on the target: shop_owner');
    for (const table of TABLES) {
      expect(await sortedCopy(young, to, 'moved', table)).toBe(await sortedCopy(old, from, 'postgres', table));
    }
    await from.stop('immediate');
    await to.stop('immediate');
  });

  withSeveral(
    'trap 10 - a client older than the server - SourceVersionUnsupported with its cure, before anything is read',
    async () => {
      const [old, young] = [majors[0]!, majors.at(-1)!];
      const server = await startPostgresql({ major: young, dir: place.path('newer') });
      const source = sourceOf(server, 'logical', { clientBinDir: postgresqlClient(old).binDir });

      const { problems } = await postgresql.probe(source, place.context());
      const dumping = dumpAll(source, place);

      await expect(dumping).rejects.toMatchObject({ name: 'SourceVersionUnsupported' });
      await expect(dumping).rejects.toThrow(`install postgresql-client-${young}`);
      expect(problems.join()).toContain('must not be older than the server');
      await server.stop('immediate');
    },
  );
});

async function sortedCopy(
  major: PostgresqlMajor,
  server: PostgresqlServer,
  database: string,
  table: string,
): Promise<string> {
  const output = await runProcessOrThrow(
    postgresqlClient(major).psql,
    [
      '--no-psqlrc',
      '--quiet',
      `--host=127.0.0.1`,
      `--port=${server.port}`,
      '--username=postgres',
      `--dbname=${database}`,
      '--command',
      `COPY ${table} TO STDOUT`,
    ],
    { env: { PGTZ: 'UTC', PGOPTIONS: '-c extra_float_digits=1' } },
  );
  return output.split('\n').sort().join('\n');
}

async function textOf(unit: Awaited<ReturnType<typeof dumpAll>>[number], path: string): Promise<string> {
  const entry = unit.sink.stored.get(path);
  let text = '';
  for await (const piece of unit.sink.point(unit.facts, unit.name).read(entry!))
    text += Buffer.from(piece).toString('utf8');
  return text;
}
