// Opens a connection to a PostgreSQL server, for SQL or for replication, from explicit values only, and names every failure.

import pg from 'pg';

import type { ErrorName } from '../../domain/errors.ts';
import { HoldfastError } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import type { CopyHandlers, Row, WireConnection } from './copy-command.ts';
import { CopyCommand } from './copy-command.ts';
import { oneLine, translateServerError } from './server-error.ts';

export interface ConnectionTarget {
  /** Name, address, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: Secret | undefined;
  readonly tls: 'off' | 'require' | 'verify-full';
  /** PEM; the system's authorities when absent. */
  readonly caCertificate?: string;
}

export interface ConnectionOptions {
  readonly signal: AbortSignal;
  /** `physical` speaks the replication protocol, which takes no database and few commands. */
  readonly purpose: 'sql' | 'physical';
  readonly connectSeconds?: number;
  /** No answer or message for this long ends the connection. */
  readonly idleSeconds?: number;
}

const CONNECT_SECONDS = 15;
/** A checkpoint of a busy server may take minutes before the first byte of a base backup. */
const IDLE_SECONDS = 600;
/** A server that does not answer the farewell holds nothing of ours. */
const CLOSE_MILLISECONDS = 5000;
const NOTICES_MAX = 20;
const APPLICATION_NAME = 'holdfast';

/** What npm pg has and its types do not show. */
interface RawClient {
  readonly connection: WireConnection;
  readonly processID: number | null;
}

export class PostgresqlConnection {
  readonly target: ConnectionTarget;
  readonly #client: pg.Client;
  readonly #signal: AbortSignal;
  readonly #idleMilliseconds: number;
  readonly #notices: string[] = [];
  readonly #onAbort: () => void;
  #failure: unknown;

  private constructor(target: ConnectionTarget, options: ConnectionOptions) {
    this.target = target;
    this.#signal = options.signal;
    this.#idleMilliseconds = (options.idleSeconds ?? IDLE_SECONDS) * 1000;
    this.#client = new pg.Client(clientConfig(target, options));
    this.#client.on('error', (error) => {
      this.#failure ??= error;
    });
    this.#client.on('notice', (notice) => {
      const text = oneLine(`${notice.severity ?? 'NOTICE'}: ${notice.message ?? ''}`);
      if (this.#notices.length < NOTICES_MAX) this.#notices.push(text);
    });
    this.#onAbort = () => this.destroy(new HoldfastError('ExecutionStopped', 'stopped while talking to the source'));
  }

  /** @throws SourceUnreachable, SourceAuthenticationFailed, NotFound (no such database), ExecutionStopped */
  static async open(target: ConnectionTarget, options: ConnectionOptions): Promise<PostgresqlConnection> {
    const connection = new PostgresqlConnection(target, options);
    if (options.signal.aborted) throw new HoldfastError('ExecutionStopped', 'stopped before connecting to the source');
    options.signal.addEventListener('abort', connection.#onAbort, { once: true });
    try {
      await connection.#client.connect();
      return connection;
    } catch (error) {
      connection.destroy();
      throw translateServerError(connection.#failure ?? error, 'connect', target, 'SourceUnreachable');
    }
  }

  /** Number of the server process that serves us; unique on that server while we are connected. */
  get processId(): number {
    return (this.#client as unknown as RawClient).processID ?? 0;
  }

  /** Warnings and notices the server sent so far, at most a few. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  /** Every value comes back as the server's own text. @throws a named error; `otherwise` for what no rule knows */
  async query(
    text: string,
    values: readonly (string | null)[] = [],
    otherwise: ErrorName = 'DumpIncomplete',
  ): Promise<readonly Row[]> {
    const timer = setTimeout(() => {
      const seconds = Math.round(this.#idleMilliseconds / 1000);
      this.destroy(new HoldfastError('SourceUnreachable', `unable to go on: no answer for ${seconds} s`, { seconds }));
    }, this.#idleMilliseconds);
    try {
      const result =
        values.length > 0 ? await this.#client.query<Row>(text, [...values]) : await this.#client.query<Row>(text);
      return result.rows;
    } catch (error) {
      throw this.translate(error, 'query', otherwise);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a command with copy modes. The returned promise settles when the server is ready again. */
  run(text: string, handlers: CopyHandlers): Promise<void> {
    const command = new CopyCommand(text, handlers, this.#idleMilliseconds);
    if (this.#failure === undefined) this.#client.query(command as unknown as pg.Submittable);
    else command.handleError(this.#failure);
    return command.done;
  }

  /** What ended the connection explains more than what the driver says about it. */
  translate(error: unknown, attempted: string, otherwise: ErrorName = 'DumpIncomplete'): HoldfastError {
    if (error instanceof HoldfastError) return error;
    const cause = this.#failure instanceof HoldfastError ? this.#failure : error;
    return translateServerError(cause, attempted, this.target, otherwise);
  }

  get wire(): WireConnection {
    return (this.#client as unknown as RawClient).connection;
  }

  /** Ends politely; never throws, because by then the result is known. */
  async close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    const lastResort = setTimeout(() => this.destroy(), CLOSE_MILLISECONDS);
    try {
      await this.#client.end();
    } catch {
      // The server has ended it already.
    } finally {
      clearTimeout(lastResort);
    }
  }

  /** Ends at once; whatever waits on this connection fails with `reason`. */
  destroy(reason?: HoldfastError): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#failure ??= reason;
    this.wire.stream.destroy(reason);
  }
}

function clientConfig(target: ConnectionTarget, options: ConnectionOptions): pg.ClientConfig {
  const config = {
    host: target.host,
    port: target.port,
    user: target.user,
    database: target.database,
    // A function, because an empty value would make the driver look into PGPASSWORD and ~/.pgpass.
    password: () => target.password?.reveal() ?? '',
    ssl: tlsOptions(target),
    sslnegotiation: 'postgres' as const,
    application_name: APPLICATION_NAME,
    // Named although it is the default: an empty value would make the driver take PGOPTIONS.
    options: '-c client_encoding=UTF8',
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    connectionTimeoutMillis: (options.connectSeconds ?? CONNECT_SECONDS) * 1000,
    // Text as it came: the driver's own parsers lose precision of times and numbers.
    types: { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig,
    ...(options.purpose === 'physical' && { replication: 'true' }),
  };
  return config;
}

function tlsOptions(target: ConnectionTarget): pg.ClientConfig['ssl'] {
  if (target.tls === 'off') return false;
  const ca = target.caCertificate === undefined ? {} : { ca: target.caCertificate };
  return { ...ca, rejectUnauthorized: target.tls === 'verify-full', minVersion: 'TLSv1.2' };
}
