// Finds PostgreSQL's own programs by major version, and asks each who it is before it is trusted with data.

import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

export interface ProgramVersion {
  readonly major: number;
  readonly minor: number;
}

export interface Program extends ProgramVersion {
  readonly path: string;
}

const VERSION_SECONDS_MAX = 20;
const VERSION_TEXT_BYTES_MAX = 200;

/** Where Debian, the PostgreSQL project's packages, Homebrew and a build from source put them. */
const versionedFolders = (major: number): readonly string[] => [
  `/usr/lib/postgresql/${major}/bin`,
  `/usr/pgsql-${major}/bin`,
  `/opt/homebrew/opt/postgresql@${major}/bin`,
];
const PLAIN_FOLDERS = ['/usr/local/pgsql/bin', '/usr/local/bin', '/usr/bin'];

/**
 * The first program of this name whose major is one of `majors`, tried in their order.
 *
 * @param folder looked into alone when given
 */
export async function findProgram(
  name: string,
  majors: readonly number[],
  folder: string | undefined,
): Promise<Program | undefined> {
  const folders = folder === undefined ? [...majors.flatMap(versionedFolders), ...PLAIN_FOLDERS] : [folder];
  for (const candidate of folders) {
    const path = join(candidate, name);
    if (!(await isExecutable(path))) continue;
    const version = await versionOf(path);
    if (version && majors.includes(version.major)) return { path, ...version };
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `postgres (PostgreSQL) 17.10`, `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`. */
async function versionOf(program: string): Promise<ProgramVersion | undefined> {
  const text = await new Promise<string>((resolve) => {
    const child = spawn(program, ['--version'], {
      shell: false,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      timeout: VERSION_SECONDS_MAX * 1000,
    });
    let said = '';
    child.stdout.on('data', (piece: Buffer) => {
      said = (said + piece.toString('latin1')).slice(0, VERSION_TEXT_BYTES_MAX);
    });
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(said));
  });
  // Before a release it is "18beta1".
  const match = /\(PostgreSQL\) (\d+)(?:\.(\d+))?/.exec(text);
  return match ? { major: Number(match[1]), minor: Number(match[2] ?? 0) } : undefined;
}
