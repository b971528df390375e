// Starts a PostgreSQL server of our own on a data directory, for a test only: no network, no archiving, no replication, none of the
// source's own settings. Whoever is connected to the source cannot notice it.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { HoldfastError, hasErrorName } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { EngineContext } from '../../ports/engine.ts';
import { PostgresqlConnection } from '../../protocols/postgresql/connection.ts';
import { oneLine } from '../../protocols/postgresql/server-error.ts';

export interface ScratchServerOptions {
  readonly program: string;
  readonly dataDirectory: string;
  /** Set when we are root, as which the server refuses to run. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly startSecondsMax: number;
  /** Names to try until one is let in. */
  readonly users: readonly string[];
}

/**
 * How the server sees its data directory when its user may not walk the way to it: through a descriptor that it inherits from us.
 * (Its working directory would do from PostgreSQL 16 on; 15 leaves it for a moment when it looks for its own program.)
 */
export const SELF_DIRECTORY = '/proc/self/fd/3';
const PORT = 5432;
const POLL_MILLISECONDS = 100;
const STOP_MILLISECONDS = 30_000;

/** Ours replace the source's: its files may name other paths, libraries, archives and certificates. */
const CONFIG_FILE = 'holdfast-scratch.conf';
const HBA_FILE = 'holdfast-scratch-hba.conf';
const IDENT_FILE = 'holdfast-scratch-ident.conf';
/** Local sockets only, in a folder that only the server's user may enter. */
const HBA = 'local all all trust\n';

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_directories: '.',
  unix_socket_permissions: '0700',
  archive_mode: 'off',
  restore_command: '',
  primary_conninfo: '',
  primary_slot_name: '',
  hot_standby: 'off',
  max_wal_senders: '0',
  wal_level: 'minimal',
  shared_preload_libraries: '',
  // Prepared transactions of the source must find room, or recovery stops.
  max_prepared_transactions: '1000',
  max_connections: '20',
  shared_buffers: '32MB',
  huge_pages: 'off',
  // The directory is thrown away afterwards.
  fsync: 'off',
  autovacuum: 'off',
  logging_collector: 'off',
  log_destination: 'stderr',
  ssl: 'off',
  jit: 'off',
};

/** Causes that lie with this machine and not with the data. */
const ENVIRONMENT_CAUSE =
  /No space left|could not (access|load|find).*(file|library)|shared memory|semaphore|Permission denied|incompatible with (operating system|server)|locale|unrecognized configuration|cannot be run as root|required file is not available/i;

export class ScratchServer {
  readonly #options: ScratchServerOptions;
  readonly #context: EngineContext;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #said = '';
  #user = '';

  /** @param descriptor of the open data directory; the server has its own copy when this returns */
  private constructor(options: ScratchServerOptions, descriptor: number, context: EngineContext) {
    this.#options = options;
    this.#context = context;
    const { program, dataDirectory, owner } = options;
    const seenAs = owner ? SELF_DIRECTORY : dataDirectory;
    const files = {
      config_file: join(seenAs, CONFIG_FILE),
      hba_file: join(seenAs, HBA_FILE),
      ident_file: join(seenAs, IDENT_FILE),
    };
    const overrides = Object.entries({ ...SETTINGS, ...files }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#child = spawn(program, ['-D', seenAs, '-p', String(PORT), ...overrides], {
      shell: false,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'pipe', descriptor],
      ...owner,
    });
    this.#child.stderr?.on('data', (piece: Buffer) => {
      this.#said = (this.#said + piece.toString('utf8')).slice(-LIMITS.toolMessageBytesMax);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#said += `could not load file: ${error.message}`;
        resolve();
      });
      this.#child.once('close', () => resolve());
    });
    context.signal.addEventListener('abort', this.#kill, { once: true });
  }

  /** Returns when recovery has ended and queries are answered. @throws DumpToolFailed when the server does not come up */
  static async start(options: ScratchServerOptions, context: EngineContext): Promise<ScratchServer> {
    await writeConfiguration(options.dataDirectory);
    const directory = await open(options.dataDirectory, 'r');
    const server = new ScratchServer(options, directory.fd, context);
    await directory.close();
    try {
      await server.#untilReady();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Folder of its socket, through the process, because a socket's path may have 107 bytes only. */
  get host(): string {
    return `/proc/${this.#child.pid ?? 0}/cwd`;
  }

  get port(): number {
    return PORT;
  }

  /** As a superuser of the restored cluster, who may read every table. */
  connect(database: string): Promise<PostgresqlConnection> {
    return this.#connectAs(this.#user, database);
  }

  async stop(): Promise<void> {
    this.#context.signal.removeEventListener('abort', this.#kill);
    this.#child.kill('SIGINT');
    const lastResort = setTimeout(this.#kill, STOP_MILLISECONDS);
    await this.#ended;
    clearTimeout(lastResort);
  }

  async #untilReady(): Promise<void> {
    const { clock, signal } = this.#context;
    const deadline = clock.monotonic() + this.#options.startSecondsMax * 1000;
    for (;;) {
      if (this.#child.exitCode !== null || this.#child.pid === undefined) throw this.#failed('it ended');
      if (clock.monotonic() > deadline) throw this.#failed(`it was not ready after ${this.#options.startSecondsMax} s`);
      if (await this.#tryUsers()) return;
      await clock.sleep(POLL_MILLISECONDS, signal);
    }
  }

  async #tryUsers(): Promise<boolean> {
    for (const user of this.#options.users) {
      try {
        const connection = await this.#connectAs(user, 'template1');
        const [row] = await connection.query(
          'SELECT rolname FROM pg_roles WHERE rolsuper AND rolcanlogin ORDER BY oid LIMIT 1',
        );
        await connection.close();
        this.#user = row?.['rolname'] ?? user;
        return true;
      } catch (error) {
        // Starting up, or a role that this cluster does not have: the next one, or the next round.
        if (hasErrorName(error, 'ExecutionStopped')) throw error;
      }
    }
    return false;
  }

  #connectAs(user: string, database: string): Promise<PostgresqlConnection> {
    const target = { host: this.host, port: PORT, user, database, password: undefined, tls: 'off' } as const;
    return PostgresqlConnection.open(target, { signal: this.#context.signal, purpose: 'sql' });
  }

  #failed(what: string): HoldfastError {
    const fatal = this.#said.split('\n').findLast((line) => /FATAL|PANIC/.test(line)) ?? this.#said;
    const isEnvironment = ENVIRONMENT_CAUSE.test(this.#said);
    return new HoldfastError(
      'DumpToolFailed',
      `unable to start a server on the restored data: ${what}: ${oneLine(fatal)}`,
      { isEnvironment },
    );
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL');
  };
}

async function writeConfiguration(dataDirectory: string): Promise<void> {
  const options = { mode: 0o644 };
  await writeFile(join(dataDirectory, CONFIG_FILE), '', options);
  await writeFile(join(dataDirectory, HBA_FILE), HBA, options);
  await writeFile(join(dataDirectory, IDENT_FILE), '', options);
  // ALTER SYSTEM of the source: read after every other file.
  await rm(join(dataDirectory, 'postgresql.auto.conf'), { force: true });
}
