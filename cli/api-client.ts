// The command line's way to the API: one function, which turns the API's errors into failures with exit codes.

import { randomBytes } from 'node:crypto';
import type { Connection } from '../lib/app/http/connection.ts';
import type { ErrorDocument } from '../lib/app/http/errors.ts';
import { CliFailure, EXIT, exitOf, rowOf } from './failure.ts';
import type { Language } from './terminal.ts';

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  /** Carries a fresh idempotency key and repeats it once when no answer came: the server starts the work once. */
  post<T>(path: string, body?: object): Promise<T>;
  /** The server's clock as of its last answer: ages are told by the clock that wrote the times. */
  readonly now: number;
  readonly url: string;
}

const TIMEOUT_MS = 60_000;
const KEY_BYTES = 16;
const POST_ATTEMPTS_MAX = 2;

export function createApiClient(connection: Connection, language: Language): ApiClient {
  let now = 0;
  const call = async <T>(
    method: string,
    path: string,
    options: { readonly body?: object; readonly key?: string } = {},
  ): Promise<T> => {
    const response = await reach(connection, path, {
      method,
      headers: {
        authorization: `Bearer ${connection.token}`,
        accept: 'application/json',
        'accept-language': language,
        ...(options.key !== undefined && { 'idempotency-key': options.key }),
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
    });
    now = Date.parse(response.headers.get('date') ?? '') || now;
    const text = await response.text();
    if (!response.ok) throw refused(connection, response.status, text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: async (path) => await call('GET', path),
    post: async (path, body) => {
      const key = randomBytes(KEY_BYTES).toString('hex');
      for (let attempt = 1; ; attempt++) {
        try {
          return await call('POST', path, { key, ...(body !== undefined && { body }) });
        } catch (error) {
          if (
            !(error instanceof CliFailure) ||
            error.exitCode !== EXIT.unreachable ||
            error.items[0]?.code !== UNREACHABLE ||
            attempt >= POST_ATTEMPTS_MAX
          )
            throw error;
        }
      }
    },
    get now() {
      return now;
    },
    url: connection.url,
  };
}

export const UNREACHABLE = 'API_UNREACHABLE';

async function reach(connection: Connection, path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(`${connection.url}${path}`, {
      ...request,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    const cause: unknown = error instanceof Error ? error.cause : undefined;
    const code =
      cause instanceof Error
        ? ((cause as NodeJS.ErrnoException).code ?? cause.message)
        : error instanceof Error
          ? error.message
          : '';
    throw new CliFailure(
      [
        {
          code: UNREACHABLE,
          title: 'The API cannot be reached',
          detail: `unable to reach the API at ${connection.url} (${code})`,
        },
      ],
      'Start the platform with "holdfast up", or point HOLDFAST_URL to it.',
      EXIT.unreachable,
    );
  }
}

function refused(connection: Connection, status: number, text: string): CliFailure {
  const items = errorsOf(text);
  const [first] = items;
  if (first === undefined) {
    return new CliFailure(
      [
        {
          code: 'UNEXPECTED_ANSWER',
          title: 'The API gave an answer that is not its own',
          detail: `${connection.url} answered ${status} without an error document`,
        },
      ],
      'Something else may listen at this address: check HOLDFAST_URL and platform.api.port.',
      EXIT.unreachable,
    );
  }
  return new CliFailure(items, rowOf(first.code)?.hint ?? '', exitOf(first.code));
}

function errorsOf(text: string): ErrorDocument['errors'] {
  try {
    const parsed = JSON.parse(text) as Partial<ErrorDocument> | null;
    return Array.isArray(parsed?.errors) ? parsed.errors : [];
  } catch {
    return [];
  }
}
