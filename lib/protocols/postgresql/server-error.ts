// Turns what npm pg and the server report into named errors; nothing foreign leaves this folder.

import type { ErrorName } from '../../domain/errors.ts';
import { HoldfastError } from '../../domain/errors.ts';

/** What an operator needs to find the server; never a secret. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

const MESSAGE_LENGTH_MAX = 500;

/** SQLSTATE classes and codes (PostgreSQL manual, appendix A). Longest prefix first. */
const NAME_BY_SQLSTATE: readonly (readonly [string, ErrorName])[] = [
  ['42501', 'SourcePrivilegeMissing'],
  ['3D000', 'NotFound'],
  ['53300', 'SourceUnreachable'],
  ['53400', 'SourceUnreachable'],
  // "requested WAL segment … has already been removed", and files that vanished under the backup.
  ['58P01', 'DumpIncomplete'],
  ['57014', 'DumpIncomplete'],
  ['57P', 'SourceUnreachable'],
  ['28', 'SourceAuthenticationFailed'],
  ['08', 'SourceUnreachable'],
  ['XX', 'DumpIncomplete'],
];

const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ENOENT',
  'EACCES',
]);
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
/** Sentences of npm pg itself, which carry no code. */
const UNREACHABLE_TEXT =
  /^(Connection terminated|timeout expired|There was an error establishing an SSL|Client has encountered a connection)/;
const AUTHENTICATION_TEXT = /^(SASL|SCRAM)/;
const WITHOUT_TLS_TEXT = /does not support SSL/;

/**
 * @param attempted what was being done, lower case: "read the base backup"
 * @param otherwise name for errors that no rule knows
 */
export function translateServerError(
  error: unknown,
  attempted: string,
  place: ServerPlace,
  otherwise: ErrorName = 'DumpIncomplete',
): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = codeOf(error);
  const said = oneLine(error instanceof Error ? error.message : String(error));
  const { host, port, user, database } = place;
  return new HoldfastError(
    nameOf(code, said) ?? otherwise,
    `unable to ${attempted} on ${host}:${port} as '${user}': ${said}`,
    { host, port, user, database, code: code === '' ? undefined : code },
    { cause: error },
  );
}

function nameOf(code: string, said: string): ErrorName | undefined {
  // A promotion ends the backup of a standby; the server has no SQLSTATE of its own for it.
  if (said.includes('standby was promoted')) return 'SourceChanged';
  const row = NAME_BY_SQLSTATE.find(([prefix]) => code.length === 5 && code.startsWith(prefix));
  if (row) return row[1];
  if (UNREACHABLE_CODES.has(code) || TLS_CODE.test(code)) return 'SourceUnreachable';
  if (UNREACHABLE_TEXT.test(said) || WITHOUT_TLS_TEXT.test(said)) return 'SourceUnreachable';
  if (AUTHENTICATION_TEXT.test(said)) return 'SourceAuthenticationFailed';
  return undefined;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  // Happy eyeballs: several addresses refused, the reasons are inside.
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  return inner === undefined ? '' : codeOf(inner);
}

/** Server texts may hold anything; control characters would forge log lines. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters to be removed
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return clean.length > MESSAGE_LENGTH_MAX ? `${clean.slice(0, MESSAGE_LENGTH_MAX)}…` : clean;
}
