// How a client finds the API and its token: by the configuration file, or by HOLDFAST_URL and HOLDFAST_TOKEN_FILE for another machine.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { parseTokenFile } from '../../access/token.ts';
import { HoldfastError } from '../../domain/errors.ts';
import { homeOf, tokenFileOf } from '../home.ts';

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
}

export interface ConnectionRequest {
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 7420;
const EVERY_ADDRESS: readonly string[] = ['0.0.0.0', '::'];

/** @throws NotFound, InvalidConfiguration, Forbidden (the token file is not ours to read) */
export function findConnection({ configFile, environment }: ConnectionRequest): Connection {
  const url = environment['HOLDFAST_URL'];
  const tokenFile = environment['HOLDFAST_TOKEN_FILE'] ?? tokenFileOf(homeOf(configFile));
  return { url: url === undefined ? urlFromFile(configFile) : checkedUrl(url), token: firstToken(tokenFile) };
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new HoldfastError(
      'InvalidConfiguration',
      'unable to use HOLDFAST_URL: expected http://host:port or https://host without a login',
    );
  }
  return text.replace(/\/+$/, '');
}

/** Only the address is read here: whether the rest is valid is the platform's to say when it starts. */
function urlFromFile(configFile: string): string {
  const file = path.resolve(configFile);
  let parsed: unknown;
  try {
    parsed = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new HoldfastError(
        'NotFound',
        `no configuration '${file}': run "holdfast init", or name one with --config`,
        { file },
      );
    }
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to read '${file}': run "holdfast policy validate"`,
      { file },
      { cause: error },
    );
  }
  const api = (parsed as { platform?: { api?: { host?: unknown; port?: unknown } } } | null)?.platform?.api;
  const host = typeof api?.host === 'string' && !EVERY_ADDRESS.includes(api.host) ? api.host : DEFAULT_HOST;
  const port = typeof api?.port === 'number' ? api.port : DEFAULT_PORT;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function firstToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      throw new HoldfastError(
        'Forbidden',
        `unable to read the token file '${file}': it belongs to somebody else`,
        { file },
        { cause: error },
      );
    }
    throw new HoldfastError(
      'NotFound',
      `no token file '${file}': run "holdfast init", or set HOLDFAST_TOKEN_FILE`,
      { file },
      { cause: error },
    );
  }
  const [grant] = parseTokenFile(text);
  // parseTokenFile refuses an empty list.
  return grant!.token;
}
