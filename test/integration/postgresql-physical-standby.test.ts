// Backups taken from a standby: complete without the primary, refused when the standby is promoted under them, whole on a later timeline.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { hasPostgresqlServer } from '../servers/postgresql-programs.ts';
import { startFromDataDir, startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { dumpAll, keepWriting, readersOf, restoreRequest, sourceOf, workplace } from './postgresql-fixture.ts';

const MAJOR = 17;
const withServer = hasPostgresqlServer(MAJOR) ? test : test.skip;
const place = workplace();
let primary: PostgresqlServer;
let standby: PostgresqlServer;

const restoreTo = async (dumped: Awaited<ReturnType<typeof dumpAll>>) => {
  const path = place.path('restored');
  const result = await postgresql.restore(
    sourceOf(primary),
    readersOf(dumped),
    restoreRequest({ kind: 'data-directory', path }),
    place.context(),
  );
  return { path, result };
};

beforeAll(async () => {
  if (!hasPostgresqlServer(MAJOR)) return;
  primary = await startPostgresql({ major: MAJOR, dir: place.path('primary') });
  await primary.sql('postgres', 'CREATE TABLE orders (id bigserial PRIMARY KEY, note text)');
  const { path } = await restoreTo(await dumpAll(sourceOf(primary), place));
  writeFileSync(join(path, 'standby.signal'), '');
  const primary_conninfo = `host=127.0.0.1 port=${primary.port} user=postgres`;
  standby = await startFromDataDir({ major: MAJOR, dataDir: path, settings: { primary_conninfo } });
});
afterAll(async () => {
  if (!hasPostgresqlServer(MAJOR)) return;
  await standby.stop('immediate');
  await primary.stop('immediate');
  place.remove();
});

withServer('trap 14 - backup of a standby under load - starts alone, with a prefix of the rows', async () => {
  const writer = await keepWriting(
    primary,
    "INSERT INTO orders (note) SELECT repeat('x', 200) FROM generate_series(1, 20)",
  );
  const dumped = await dumpAll(sourceOf(standby), place).finally(() => writer.stop());

  const { path, result } = await restoreTo(dumped);
  const restored = await startFromDataDir({ major: MAJOR, dataDir: path });
  const [row] = await restored.sql(
    'postgres',
    'SELECT pg_is_in_recovery() AS follows, count(*)::int = coalesce(max(id), 0) AS whole FROM orders',
  );
  await restored.stop();

  expect(existsSync(join(path, 'standby.signal'))).toBe(false);
  expect(result.warnings.join()).toContain('standby.signal was left out');
  expect(row).toEqual({ follows: false, whole: true });
});

withServer(
  'trap 13 - promotion in the middle of a backup - SourceChanged; afterwards backups go on, on the new timeline',
  async () => {
    let promotion: Promise<unknown> | undefined;
    const promote = async (path: string): Promise<void> => {
      if (path.includes('/base/')) promotion ??= standby.sql('postgres', 'SELECT pg_promote()');
      await promotion;
    };

    await expect(dumpAll(sourceOf(standby), place, { beforeWrite: promote })).rejects.toMatchObject({
      name: 'SourceChanged',
    });

    await standby.sql('postgres', "INSERT INTO orders (note) VALUES ('after the promotion')");
    const dumped = await dumpAll(sourceOf(standby), place);
    const { path } = await restoreTo(dumped);
    const restored = await startFromDataDir({ major: MAJOR, dataDir: path });
    const rows = await restored.sql('postgres', "SELECT count(*) FROM orders WHERE note = 'after the promotion'");
    await restored.stop();
    expect(dumped[0]?.facts.details['timeline']).toBe(2);
    expect(dumped[0]?.sink.stored.has('data/pg_wal/00000002.history')).toBe(true);
    expect(rows).toEqual([{ count: '1' }]);
  },
);
