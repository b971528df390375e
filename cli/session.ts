// What every command gets: the terminal, the options that all commands share, and the API when it asks for it.

import type { Command } from 'commander';
import { findConnection } from '../lib/app/http/connection.ts';
import { createApiClient } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import type { Language, Terminal } from './terminal.ts';

export interface SharedOptions {
  readonly config: string;
  readonly json: boolean;
  readonly lang: Language;
  /** False: never ask. */
  readonly input: boolean;
}

export interface Session extends SharedOptions {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @throws when there is neither configuration nor HOLDFAST_URL */
  api(): ApiClient;
  /** May a person be asked? */
  readonly canAsk: boolean;
  /** How commands in hints begin, so that they can be copied: with --config when this one was called with it. */
  readonly self: string;
}

export interface SessionParts {
  readonly terminal: (isColourWanted: boolean) => Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_CONFIG = 'holdfast.yaml';

export function openSession(command: Command, { terminal: makeTerminal, environment }: SessionParts): Session {
  const given: Partial<SharedOptions> & { readonly color?: boolean } = command.optsWithGlobals();
  const config = given.config ?? environment['HOLDFAST_CONFIG'] ?? DEFAULT_CONFIG;
  const lang = given.lang ?? languageOf(environment);
  const terminal = makeTerminal(given.color !== false);
  const json = given.json === true;
  const input = given.input !== false;
  return {
    config,
    json,
    lang,
    input,
    terminal,
    environment,
    api: () => createApiClient(findConnection({ configFile: config, environment }), lang),
    canAsk: terminal.isInteractive && input && !json,
    self:
      given.config === undefined || given.config === DEFAULT_CONFIG
        ? 'holdfast'
        : `holdfast --config ${quoted(given.config)}`,
  };
}

function languageOf(environment: SessionParts['environment']): Language {
  const locale = environment['LC_ALL'] ?? environment['LC_MESSAGES'] ?? environment['LANG'] ?? '';
  return locale.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}

/** For a shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
