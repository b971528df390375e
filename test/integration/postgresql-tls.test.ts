// Encrypted connections of both methods: the right authority is accepted, a wrong one and an unencrypted server are refused.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { postgresql } from '../../lib/engines/postgresql/engine.ts';
import { runProcess, runProcessOrThrow } from '../../scripts/run-process.ts';
import { hasPostgresqlClient, hasPostgresqlServer, postgresqlClient } from '../servers/postgresql-programs.ts';
import { startPostgresql, type PostgresqlServer } from '../servers/postgresql.ts';
import { giveToServer } from '../servers/server-user.ts';
import { dumpAll, sourceOf, workplace } from './postgresql-fixture.ts';

// Debian's own: the build from npm comes without TLS.
const MAJOR = 15;
const hasOpenssl = (await runProcess('openssl', ['version']).catch(() => ({ exitCode: 1 }))).exitCode === 0;
const canRun = hasPostgresqlServer(MAJOR) && hasPostgresqlClient(MAJOR) && hasOpenssl;
const withTls = canRun ? test : test.skip;
const place = workplace();
let server: PostgresqlServer;
let authority: string;
let stranger: string;

async function certificate(folder: string, name: string): Promise<string> {
  const path = join(folder, `${name}.crt`);
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  ];
  await runProcessOrThrow('openssl', [...args, '-keyout', join(folder, `${name}.key`), '-out', path]);
  return path;
}

beforeAll(async () => {
  if (!canRun) return;
  const folder = place.path('certificates');
  mkdirSync(folder);
  authority = await certificate(folder, 'server');
  stranger = await certificate(folder, 'stranger');
  chmodSync(join(folder, 'server.key'), 0o600);
  giveToServer(folder);
  const settings = { ssl: 'on', ssl_cert_file: authority, ssl_key_file: join(folder, 'server.key') };
  server = await startPostgresql({ major: MAJOR, dir: place.path('source'), settings });
});
afterAll(async () => {
  if (canRun) await server.stop('immediate');
  place.remove();
});

const source = (method: 'physical' | 'logical', settings: Readonly<Record<string, unknown>>) =>
  sourceOf(server, method, {
    host: 'localhost',
    ...settings,
    ...(method === 'logical' && { clientBinDir: postgresqlClient(MAJOR).binDir }),
  });

withTls.each(['physical', 'logical'] as const)(
  '%s - verified with its authority, and encrypted without one',
  async (method) => {
    for (const settings of [{ tls: 'verify-full', caFile: authority }, { tls: 'require' }]) {
      const dumped = await dumpAll(source(method, settings), place);

      expect(dumped.length).toBeGreaterThan(0);
    }
  },
);

withTls.each(['physical', 'logical'] as const)(
  "%s - a stranger's authority - SourceUnreachable before any password is sent",
  async (method) => {
    const settings = { tls: 'verify-full', caFile: stranger };

    await expect(postgresql.plan(source(method, settings), place.context())).rejects.toMatchObject({
      name: 'SourceUnreachable',
    });
  },
);

withTls('a name that the certificate does not hold - SourceUnreachable', async () => {
  const settings = { host: '127.0.0.1', tls: 'verify-full', caFile: authority };

  await expect(postgresql.probe(source('physical', settings), place.context())).rejects.toMatchObject({
    name: 'SourceUnreachable',
  });
});
