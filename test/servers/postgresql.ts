// Starts real PostgreSQL servers of the majors 15, 17 and 18 for tests and the demonstration, on 127.0.0.1 only.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { runProcessOrThrow } from '../../scripts/run-process.ts';
import { postgresqlServerPrograms, type PostgresqlMajor } from './postgresql-programs.ts';
import { giveToServer, serverUser } from './server-user.ts';

const host = '127.0.0.1';
const superuser = 'postgres';
const portAttempts = 5;
const stopSecondsMax = 60;
/** The kernel's limit for the path of a socket is 107 bytes, its file name takes 20 of them. */
const socketFolderBytesMax = 85;

export type StopMode = 'smart' | 'fast' | 'immediate';

export interface PostgresqlServer {
  readonly major: PostgresqlMajor;
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  readonly dataDir: string;
  /** The folder of initdb and postgres. Client programs: postgresqlClient(major). */
  readonly binDir: string;
  /** Where the server writes what it has to say. */
  readonly logFile: string;
  url(database?: string): string;
  /** Runs one text in one connection of its own; several statements are allowed when there are no values. */
  sql(database: string, text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Fast by default; "immediate" is a crash. Stopping a stopped server does nothing. */
  stop(mode?: StopMode): Promise<void>;
}

export interface StartOptions {
  readonly major: PostgresqlMajor;
  /** An empty or missing folder that becomes the server's: data, sockets and log. */
  readonly dir: string;
  readonly auth?: 'trust' | 'scram';
  readonly settings?: Readonly<Record<string, string>>;
}

export interface StartFromDataDirOptions {
  readonly major: PostgresqlMajor;
  /** A complete data directory, for example a restored one. It is given to the server's user. */
  readonly dataDir: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** The password of "postgres" inside the data. */
  readonly password?: string;
  /** Recovery of much log takes its time. */
  readonly startSecondsMax?: number;
}

/** Makes a new cluster (0.5 s) and starts it. */
export async function startPostgresql(options: StartOptions): Promise<PostgresqlServer> {
  const dataDir = join(options.dir, 'data');
  const passwordFile = join(options.dir, 'password');
  const password = randomBytes(12).toString('hex');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveToServer(options.dir);
  const cluster = [
    `--pgdata=${dataDir}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    `--auth=${options.auth === 'scram' ? 'scram-sha-256' : 'trust'}`,
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    // Only the making of the cluster goes unsynced: a power cut here loses nothing of worth.
    '--no-sync',
  ];
  const user = serverUser();
  await runProcessOrThrow(join(postgresqlServerPrograms(options.major), 'initdb'), cluster, {
    cwd: options.dir,
    ...(user === undefined ? {} : { user }),
  });
  rmSync(passwordFile);
  return await startFromDataDir({ ...options, dataDir, password });
}

/** Starts a server on data that are already there, and returns when it accepts connections (also read-only ones). */
export async function startFromDataDir(options: StartFromDataDirOptions): Promise<PostgresqlServer> {
  const { major, dataDir } = options;
  const binDir = postgresqlServerPrograms(major);
  handOver(dataDir);
  const running = await startOnFreePort(options, binDir);
  const { port, child } = running;
  const password = options.password ?? '';

  const server: PostgresqlServer = {
    major,
    host,
    port,
    superuser,
    password,
    dataDir,
    binDir,
    logFile: logFileOf(dataDir),
    url: (database = 'postgres') => `postgresql://${superuser}:${password}@${host}:${port}/${database}`,
    async sql(database, text, values) {
      const client = new Client({ host, port, user: superuser, password, database });
      await client.connect();
      try {
        const result: unknown = await client.query(text, values === undefined ? undefined : [...values]);
        // Several statements give several results, of which the last one answers.
        const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] };
        return last.rows;
      } finally {
        await client.end();
      }
    },
    stop: async (mode = 'fast') => await stop(child, mode),
  };
  return server;
}

/** Restored data come with the modes and owners of whoever restored them; tablespaces stand outside and are linked. */
function handOver(dataDir: string): void {
  giveToServer(dataDir);
  chmodSync(dataDir, 0o700);
  // A copy of a running server's folder carries the note of that server's process.
  rmSync(join(dataDir, 'postmaster.pid'), { force: true });
  const tablespaces = join(dataDir, 'pg_tblspc');
  for (const link of existsSync(tablespaces) ? readdirSync(tablespaces) : []) {
    giveToServer(realpathSync(join(tablespaces, link)));
  }
}

interface Running {
  readonly port: number;
  readonly child: ChildProcess;
}

/** A port that is free now may be taken before the server opens it, so a refused start is tried on another one. */
async function startOnFreePort(options: StartFromDataDirOptions, binDir: string): Promise<Running> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const child = spawnServer(options, binDir, port);
    try {
      await untilReady(child, options);
      return { port, child };
    } catch (error) {
      await stop(child, 'immediate');
      const isPortTaken = readFileSync(logFileOf(options.dataDir), 'utf8').includes('Address already in use');
      if (!isPortTaken || attempt === portAttempts) {
        throw error;
      }
    }
  }
}

function spawnServer({ dataDir, settings }: StartFromDataDirOptions, binDir: string, port: number): ChildProcess {
  const sockets = `${dataDir}.sockets`;
  mkdirSync(sockets, { recursive: true });
  giveToServer(sockets);
  const all = {
    // Recovery tests kill processes, not machines: what the kernel holds survives that.
    fsync: 'off',
    shared_buffers: '32MB',
    max_connections: '50',
    log_timezone: 'UTC',
    timezone: 'UTC',
    logging_collector: 'off',
    ...settings,
    port: String(port),
    listen_addresses: host,
    unix_socket_directories: Buffer.byteLength(sockets) > socketFolderBytesMax ? '' : sockets,
  };
  const log = openSync(logFileOf(dataDir), 'w');
  const settingArguments = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [program = '', ...programArguments] = [
    ...endingWithUs(),
    join(binDir, 'postgres'),
    '-D',
    dataDir,
    ...settingArguments,
  ];
  const child = spawn(program, programArguments, { cwd: dataDir, stdio: ['ignore', log, log], ...serverUser() });
  closeSync(log);
  // A program that cannot be started shows as an ended process; the reason is in the thrown error's log.
  child.once('error', (error) => writeFileSync(logFileOf(dataDir), String(error)));
  return child;
}

/** A test run that is killed must not leave servers behind: the kernel tells them when their parent has gone. */
function endingWithUs(): readonly string[] {
  const program = '/usr/bin/setpriv';
  return existsSync(program) ? [program, '--pdeathsig', 'SIGQUIT', '--'] : [];
}

/** The server writes its state as the eighth line of its pid file. */
async function untilReady(child: ChildProcess, options: StartFromDataDirOptions): Promise<void> {
  const pidFile = join(options.dataDir, 'postmaster.pid');
  const deadline = performance.now() + (options.startSecondsMax ?? 60) * 1000;
  while (performance.now() < deadline) {
    const state = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n')[7]?.trim() : undefined;
    if (state === 'ready' || state === 'standby') {
      return;
    }
    if (hasEnded(child)) {
      break;
    }
    await sleep(20);
  }
  const said = readFileSync(logFileOf(options.dataDir), 'utf8').split('\n').slice(-20).join('\n');
  throw new Error(
    `unable to start PostgreSQL ${options.major} on '${options.dataDir}': ${hasEnded(child) ? 'it ended' : 'too slow'}\n${said}`,
  );
}

async function stop(child: ChildProcess, mode: StopMode): Promise<void> {
  if (hasEnded(child)) {
    return;
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(({ smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const)[mode]);
  const lastResort = setTimeout(() => child.kill('SIGKILL'), stopSecondsMax * 1000);
  await ended;
  clearTimeout(lastResort);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function logFileOf(dataDir: string): string {
  return `${dataDir}.log`;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, host, resolve);
  });
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new Error(`no port could be opened on ${host}`);
  }
  return address.port;
}
