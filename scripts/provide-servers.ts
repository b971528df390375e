// Gets the real servers and client programs that the tests use; what cannot be had here is named, and its tests are skipped.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  postgresqlMajors,
  providePostgresqlClient,
  providePostgresqlServer,
} from '../test/servers/postgresql-programs.ts';
import { runProcessOrThrow } from './run-process.ts';

interface Provision {
  readonly name: string;
  readonly provide: () => Promise<unknown>;
}

/** Programs of Debian that judge restored trees: not ours, so their word counts. */
const judges: readonly { readonly program: string; readonly package: string }[] = [
  { program: 'getfattr', package: 'attr' },
  { program: 'getfacl', package: 'acl' },
  { program: 'rsync', package: 'rsync' },
  { program: 'git', package: 'git' },
];

const provisions: readonly Provision[] = postgresqlMajors.flatMap((major) => [
  { name: `PostgreSQL ${major} server`, provide: async () => await providePostgresqlServer(major) },
  { name: `PostgreSQL ${major} client programs`, provide: async () => await providePostgresqlClient(major) },
]);

/** Only root can install; anybody else sees the tests that need them among the allowed skips. */
async function provideJudges(): Promise<void> {
  const missing = judges.filter(({ program }) => !isOnPath(program));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !isOnPath('apt-get'))
    throw new Error(`missing: ${missing.map(({ program }) => program).join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await runProcessOrThrow('apt-get', ['update', '-q'], { env });
  await runProcessOrThrow(
    'apt-get',
    ['install', '-y', '-q', '--no-install-recommends', ...missing.map((judge) => judge.package)],
    { env },
  );
}

const isOnPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Quick when everything is there. Never fails by itself: the list of allowed skips decides whether a lack matters. */
export async function provideServers(): Promise<void> {
  for (const { name, provide } of [
    ...provisions,
    { name: 'programs that judge restored trees', provide: provideJudges },
  ]) {
    const lack = await provide().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    process.stdout.write(lack === undefined ? `ok    ${name}\n` : `none  ${name}: ${lack}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await provideServers();
}
