// The whole environment of a client program: built from explicit values, so that nothing of ours leaks in, and no name of a database
// or host can be read as something else. The password lies in a 0600 file and never in an argument.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { HoldfastError } from '../../../domain/errors.ts';
import type { ConnectionTarget } from '../../../protocols/postgresql/connection.ts';
import type { LogicalSettings } from '../settings.ts';

export type ToolEnvironment = Readonly<Record<string, string>>;

const PATH = '/usr/bin:/bin';
const CONNECT_SECONDS = '15';
/** Clients before 16 do not know "the system's authorities" by name. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const MAJOR_WITH_SYSTEM_AUTHORITIES = 16;

/**
 * @param folder private to this attempt; also the tool's home, so that no ~/.pgpass, service file or client certificate is found
 */
export async function toolEnvironment(
  target: ConnectionTarget,
  settings: Pick<LogicalSettings, 'caFile'>,
  toolMajor: number,
  folder: string,
): Promise<ToolEnvironment> {
  const passwordFile = join(folder, 'pgpass');
  await writeFile(passwordFile, passwordLine(target), { mode: 0o600 });
  const authorities = settings.caFile ?? (toolMajor >= MAJOR_WITH_SYSTEM_AUTHORITIES ? 'system' : SYSTEM_AUTHORITIES);
  return {
    PATH,
    HOME: folder,
    LC_ALL: 'C',
    TZ: 'UTC',
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: target.user,
    // Values from here are taken as they are: only a -d argument is searched for an address or for options.
    PGDATABASE: target.database,
    PGPASSFILE: passwordFile,
    PGSYSCONFDIR: folder,
    PGAPPNAME: 'holdfast',
    PGCONNECT_TIMEOUT: CONNECT_SECONDS,
    PGGSSENCMODE: 'disable',
    PGSSLMODE: target.tls === 'off' ? 'disable' : target.tls,
    ...(target.tls === 'verify-full' && { PGSSLROOTCERT: authorities }),
  };
}

/** For the one program that takes its database by argument only: quoted, a name cannot become an address or another option. */
export function quotedDatabaseArgument(database: string): string {
  const escaped = database.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `--dbname=dbname='${escaped}'`;
}

function passwordLine(target: ConnectionTarget): string {
  const password = target.password?.reveal() ?? '';
  if (/[\n\r\0]/.test(password)) {
    throw new HoldfastError(
      'InvalidConfiguration',
      'the password holds a line break, which client programs cannot be given',
      { path: 'credentialRef' },
    );
  }
  return password === '' ? '' : `*:*:*:*:${password.replaceAll('\\', '\\\\').replaceAll(':', '\\:')}\n`;
}
