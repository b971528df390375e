// Makes an empty cluster for a test restore, with the programs of an installed server.

import { spawn } from 'node:child_process';
import { chown, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { HoldfastError } from '../../domain/errors.ts';
import type { EngineContext } from '../../ports/engine.ts';
import { oneLine } from '../../protocols/postgresql/server-error.ts';
import type { ScratchPlace } from './scratch-place.ts';
import { SELF_DIRECTORY, ScratchServer } from './scratch-server.ts';

const START_SECONDS_MAX = 60;
const SAID_BYTES_MAX = 8192;
export const SCRATCH_SUPERUSER = 'postgres';

/** @param program path of `postgres`; `initdb` lies beside it */
export async function startScratchCluster(
  program: string,
  place: ScratchPlace,
  context: EngineContext,
): Promise<ScratchServer> {
  const { owner } = place;
  const dataDirectory = join(place.path, 'data');
  await mkdir(dataDirectory, { mode: 0o700 });
  if (owner) await chown(dataDirectory, owner.uid, owner.gid);
  await makeCluster(join(dirname(program), 'initdb'), dataDirectory, place, context);
  const options = { program, dataDirectory, owner, startSecondsMax: START_SECONDS_MAX, users: [SCRATCH_SUPERUSER] };
  return ScratchServer.start(options, context);
}

async function makeCluster(
  program: string,
  dataDirectory: string,
  { owner }: ScratchPlace,
  context: EngineContext,
): Promise<void> {
  const directory = await open(dataDirectory, 'r');
  // The default sort order of the new cluster is of no matter: each restored database brings its own.
  const args = [
    '-D',
    SELF_DIRECTORY,
    `--username=${SCRATCH_SUPERUSER}`,
    '--auth=trust',
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C',
  ];
  const child = spawn(program, args, {
    shell: false,
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'ignore', 'pipe', directory.fd],
    signal: context.signal,
    ...owner,
  });
  let said = '';
  child.stderr?.on('data', (piece: Buffer) => {
    said = (said + piece.toString('utf8')).slice(0, SAID_BYTES_MAX);
  });
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  await directory.close();
  if (context.signal.aborted) throw new HoldfastError('ExecutionStopped', 'stopped while a scratch server was made');
  if (code !== 0)
    throw new HoldfastError('DumpToolFailed', `unable to make a scratch server: ${oneLine(said)}`, {
      isEnvironment: true,
    });
}
