// The HTTP server of the embedded platform: turns requests into the gateway's events and calls the same functions.

import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { HoldfastError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Platform } from '../../ports/platform.ts';
import { runWithPlatform } from '../bound-platform.ts';
import { runWithTokens } from './credentials.ts';
import { errorAnswer } from './errors.ts';
import { gatewayEvent } from './gateway-event.ts';
import type { HttpFunction, HttpResult } from './http-function.ts';
import { languageOf } from './language.ts';
import { loadHttpFunctions } from './load-functions.ts';
import type { HttpFunctions, Manager } from './managers.ts';
import { SHARED_HEADERS } from './shared-headers.ts';

export type { HttpFunctions } from './managers.ts';

export interface ServerOptions {
  readonly platform: Platform;
  /** The managers' own modules unless given. */
  readonly functions?: HttpFunctions;
  /** Secret reference of the token file. */
  readonly tokens: string;
  /** Only the machine itself unless the owner wants more: there is no TLS here, a proxy has to add it. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface RunningServer {
  readonly url: string;
  /** Answers what it has begun, takes nothing new, and settles at the latest after a few seconds. */
  close(): Promise<void>;
}

/** A slow or silent client must not hold a connection: these bound each phase of a request. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;
const CLOSE_GRACE_MS = 5_000;
const CONNECTIONS_MAX = 256;
const HEADER_BYTES_MAX = 16 * 1024;

/** @throws InvalidConfiguration (the port is taken), Forbidden (a port below 1024) */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const functions = options.functions ?? (await loadHttpFunctions());
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    (request, response) => void serve({ ...options, functions, isClosing: () => !server.listening }, request, response),
  );
  server.maxConnections = CONNECTIONS_MAX;
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, options.port)));
    server.listen({ port: options.port, host }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS).unref();
      }),
  };
}

async function serve(
  options: Required<Pick<ServerOptions, 'platform' | 'functions' | 'tokens'>> & { readonly isClosing: () => boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = options.platform.ids.next('req');
  let result: HttpResult;
  try {
    const body = await readBody(request);
    const event = gatewayEvent(request, body, { requestId, nowMilliseconds: options.platform.clock.now() });
    const answer = functionFor(options.functions, event.rawPath);
    result = await runWithPlatform(options.platform, () =>
      runWithTokens(options.tokens, () => answer(event, contextOf(requestId))),
    );
  } catch (error) {
    result = refusal(error, request, requestId);
    options.platform.log.warn('request refused before it reached a route', { requestId, error: String(error) });
  }
  // An open connection would hold the closing up until it times out.
  if (options.isClosing()) response.setHeader('connection', 'close');
  write(response, result);
}

/** Every manager has its own function; what is no manager's is the platform's, which answers the unknown too. */
function functionFor(functions: HttpFunctions, path: string): HttpFunction {
  const manager = /^\/api\/v1\/(backup|recovery|validation|compliance)\//.exec(path)?.[1] as Manager | undefined;
  return functions[manager ?? 'platform'];
}

/** What is above the limit is read and thrown away up to a bound, so that the caller still hears why it was refused. */
const DRAINED_BYTES_MAX = 64 * LIMITS.requestBytesMax;

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > DRAINED_BYTES_MAX) break;
    if (length <= LIMITS.requestBytesMax) pieces.push(piece);
  }
  if (length > LIMITS.requestBytesMax) {
    throw new HoldfastError('PayloadTooLarge', `unable to take a body above ${LIMITS.requestBytesMax} bytes`);
  }
  return length === 0 ? undefined : Buffer.concat(pieces).toString('utf8');
}

/** The part of Lambda's context that functions may use here. */
const contextOf = (requestId: string): Context =>
  ({ awsRequestId: requestId, functionName: 'http', callbackWaitsForEmptyEventLoop: false }) as unknown as Context;

function refusal(error: unknown, request: IncomingMessage, requestId: string): HttpResult {
  const answer = errorAnswer(error, languageOf(request.headers['accept-language']), requestId);
  return {
    statusCode: answer.status,
    // What was not read of the request must not be taken for the next one.
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...SHARED_HEADERS,
      'x-request-id': requestId,
      connection: 'close',
    },
    body: JSON.stringify(answer.body),
  };
}

function write(response: ServerResponse, result: HttpResult): void {
  response.statusCode = result.statusCode ?? 500;
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value));
  response.end(result.isBase64Encoded === true ? Buffer.from(result.body ?? '', 'base64') : (result.body ?? ''));
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): HoldfastError {
  if (error.code === 'EADDRINUSE') {
    return new HoldfastError(
      'InvalidConfiguration',
      `unable to listen on ${host}:${port}: another program does; change platform.api.port`,
      {},
      { cause: error },
    );
  }
  if (error.code === 'EACCES')
    return new HoldfastError(
      'Forbidden',
      `unable to listen on ${host}:${port}: choose a port above 1023`,
      {},
      { cause: error },
    );
  return new HoldfastError(
    'InvalidConfiguration',
    `unable to listen on ${host}:${port}: ${error.code ?? error.message}`,
    {},
    { cause: error },
  );
}
