// Gets the real servers and client programs that the tests use; what cannot be had here is named, and its tests are skipped.
import { pathToFileURL } from 'node:url';

import {
  postgresqlMajors,
  providePostgresqlClient,
  providePostgresqlServer,
} from '../test/servers/postgresql-programs.ts';

interface Provision {
  readonly name: string;
  readonly provide: () => Promise<unknown>;
}

const provisions: readonly Provision[] = postgresqlMajors.flatMap((major) => [
  { name: `PostgreSQL ${major} server`, provide: async () => await providePostgresqlServer(major) },
  { name: `PostgreSQL ${major} client programs`, provide: async () => await providePostgresqlClient(major) },
]);

/** Quick when everything is there. Never fails by itself: the list of allowed skips decides whether a lack matters. */
export async function provideServers(): Promise<void> {
  for (const { name, provide } of provisions) {
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
