// A test restore of a server that archives its log: whatever the restored copy does, it reaches nothing of the source.
import { mkdirSync, readdirSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { hasPostgresqlServer } from '../servers/postgresql-programs.ts';
import { startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { giveToServer } from '../servers/server-user.ts';
import { dumpAll, readersOf, sourceOf, workplace } from './postgresql-fixture.ts';

const MAJOR = 18;
const withServer = hasPostgresqlServer(MAJOR) ? test : test.skip;

const place = workplace();
let server: PostgresqlServer;
let archive: string;

beforeAll(async () => {
  if (!hasPostgresqlServer(MAJOR)) return;
  archive = place.path('archive');
  mkdirSync(archive);
  giveToServer(archive);
  server = await startPostgresql({
    major: MAJOR,
    dir: place.path('server'),
    settings: { archive_mode: 'always', archive_command: `cp %p "${archive}/%f"` },
  });
  await server.sql('postgres', 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id');
});

afterAll(async () => {
  await server?.stop('immediate');
  place.remove();
});

describe('a test restore', () => {
  withServer(
    'trap 12 - the source archives always - the restored copy archives nothing, though it recovers and writes',
    async () => {
      const source = sourceOf(server);
      const dumped = await dumpAll(source, place);
      // The source itself must be silent, so that every new file would be the copy's.
      await server.stop('fast');
      const before = readdirSync(archive);

      const result = await postgresql.testRestore(
        source,
        readersOf(dumped),
        { serverBinDir: server.binDir, start: 'require' },
        place.context(),
      );

      expect(result).toMatchObject({ verdict: 'passed' });
      expect(before.length).toBeGreaterThan(0);
      expect(readdirSync(archive)).toEqual(before);
    },
  );
});
