// Finds the server program of a major, and asks it who it is before it is trusted with data.

import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

const VERSION_SECONDS_MAX = 20;

/** Where Debian, the PostgreSQL project's packages, Homebrew and a build from source put it. */
const wellKnownFolders = (major: number): readonly string[] => [
  `/usr/lib/postgresql/${major}/bin`,
  `/usr/pgsql-${major}/bin`,
  `/opt/homebrew/opt/postgresql@${major}/bin`,
  '/usr/local/pgsql/bin',
  '/usr/local/bin',
  '/usr/bin',
];

/** Path of a `postgres` of exactly this major, or undefined. Data directories are not readable by any other. */
export async function findServerProgram(major: number, serverBinDir: string | undefined): Promise<string | undefined> {
  const folders = serverBinDir === undefined ? wellKnownFolders(major) : [serverBinDir];
  for (const folder of folders) {
    const program = join(folder, 'postgres');
    if ((await isExecutable(program)) && (await majorOf(program)) === major) return program;
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

/** `postgres (PostgreSQL) 17.10`. */
async function majorOf(program: string): Promise<number | undefined> {
  const text = await new Promise<string>((resolve) => {
    const child = spawn(program, ['--version'], {
      shell: false,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {},
      timeout: VERSION_SECONDS_MAX * 1000,
    });
    let said = '';
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString('latin1').slice(0, 200);
    });
    child.once('error', () => resolve(''));
    child.once('close', () => resolve(said));
  });
  const match = /PostgreSQL\) (\d+)/.exec(text);
  return match ? Number(match[1]) : undefined;
}
