// The settings of a PostgreSQL source: parsed strictly, without secrets, and turned into an explicit connection target.

import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import { HoldfastError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { EngineContext } from '../../ports/engine.ts';
import type { ConnectionTarget } from '../../protocols/postgresql/connection.ts';

const NAME_BYTES_MAX = 63;
const PORT_DEFAULT = 5432;

/** A name the server can have: any characters but NUL, at most 63 bytes. Never interpreted as options or as an address. */
const serverName = z
  .string()
  .min(1)
  .refine((name) => !name.includes('\0') && Buffer.byteLength(name) <= NAME_BYTES_MAX, 'must have at most 63 bytes');
const absolutePath = z.string().regex(/^\/[^\0]*$/, 'must be an absolute path');
/** A host list or an address with options would be read by the client library as more than a host. */
const host = z.string().regex(/^(\/[^\0,]*|[A-Za-z0-9._:%-]+)$/, 'must be one host name, address or socket folder');

const connectionFields = {
  host,
  port: z.int().min(1).max(65_535).default(PORT_DEFAULT),
  user: serverName,
  credentialRef: z
    .string()
    .regex(/^[a-z][a-z0-9-]*:.+$/, 'must be a reference such as env:NAME or file:/path')
    .optional(),
  database: serverName.default('postgres'),
  tls: z.enum(['off', 'require', 'verify-full']).optional(),
  caFile: absolutePath.optional(),
};

const physicalSchema = z.strictObject({
  ...connectionFields,
  checkpoint: z.enum(['fast', 'spread']).default('fast'),
  rateKilobytesMax: z.int().min(32).max(1_048_576).optional(),
  serverBinDir: absolutePath.optional(),
});

const logicalSchema = z.strictObject({
  ...connectionFields,
  databases: z.array(serverName).min(1).optional(),
  /** `schema.table` with * and ?; their definitions stay, their rows are left out. */
  excludeTables: z.array(z.string().min(1)).default([]),
  fingerprints: z.enum(['content', 'count', 'none']).default('content'),
  clientBinDir: absolutePath.optional(),
  /** For test restores into a server of our own. */
  serverBinDir: absolutePath.optional(),
  allowVulnerableClient: z.boolean().default(true),
});

export type ConnectionSettings = Pick<z.infer<typeof physicalSchema>, keyof typeof connectionFields>;
export type PhysicalSettings = z.infer<typeof physicalSchema>;
export type LogicalSettings = z.infer<typeof logicalSchema>;

const SCHEMA_BY_METHOD = { physical: physicalSchema, logical: logicalSchema } as const;
export type Method = keyof typeof SCHEMA_BY_METHOD;

const SECRET_KEYS = ['password', 'connectionString', 'passfile'];

/** @throws InvalidConfiguration with fact `path`, SecretInConfiguration, CapabilityUnsupported (unknown method) */
export function parseSettings(method: string, settings: Readonly<Record<string, unknown>>): JsonObject {
  if (!isMethod(method)) {
    throw new HoldfastError(
      'CapabilityUnsupported',
      `unable to back up PostgreSQL by '${method}': its methods are physical and logical`,
      { method },
    );
  }
  const secret = SECRET_KEYS.find((key) => key in settings);
  if (secret !== undefined) throw secretError(secret);
  const { url, ...rest } = settings;
  const given = url === undefined ? rest : { ...fieldsOfUrl(url), ...rest };
  const result = SCHEMA_BY_METHOD[method].safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const keys = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '';
  throw invalid(keys === '' ? path : keys, issue?.message ?? 'is not valid');
}

export const physicalSettings = (settings: JsonObject): PhysicalSettings =>
  parseSettings('physical', settings) as unknown as PhysicalSettings;
export const logicalSettings = (settings: JsonObject): LogicalSettings =>
  parseSettings('logical', settings) as unknown as LogicalSettings;

/** Reads the secret and the authority file now, so that rotation takes effect at the next use. */
export async function connectionTarget(
  settings: ConnectionSettings,
  context: Pick<EngineContext, 'secrets'>,
): Promise<ConnectionTarget> {
  const password =
    settings.credentialRef === undefined ? undefined : await context.secrets.read(settings.credentialRef);
  const ca = settings.caFile === undefined ? undefined : await readAuthority(settings.caFile);
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    database: settings.database,
    password,
    tls: tlsOf(settings),
    ...(ca !== undefined && { caCertificate: ca }),
  };
}

/** Encrypted and verified unless said otherwise; on the same machine there is nobody in between. */
export function tlsOf(settings: ConnectionSettings): ConnectionTarget['tls'] {
  const isLocal = settings.host.startsWith('/') || ['localhost', '127.0.0.1', '::1'].includes(settings.host);
  return settings.tls ?? (isLocal ? 'off' : 'verify-full');
}

export const isMethod = (method: string): method is Method => Object.hasOwn(SCHEMA_BY_METHOD, method);

/** `postgres://user@host:port/database`; anything more in it is refused rather than dropped. */
function fieldsOfUrl(url: unknown): Record<string, unknown> {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol))
    throw invalid('url', 'must be postgres://user@host:port/database');
  if (parsed.password !== '' || /[?&]password=/.test(parsed.search)) throw secretError('url');
  if (parsed.search !== '' || parsed.hash !== '')
    throw invalid('url', 'takes no parameters; use the settings of the same meaning');
  const fields = {
    host: decodeURIComponent(parsed.hostname.replace(/^\[|\]$/g, '')),
    port: parsed.port === '' ? undefined : Number(parsed.port),
    user: parsed.username === '' ? undefined : decodeURIComponent(parsed.username),
    database: parsed.pathname.length > 1 ? decodeURIComponent(parsed.pathname.slice(1)) : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new HoldfastError(
      'InvalidConfiguration',
      `unable to read caFile '${path}'`,
      { path: 'caFile' },
      { cause: error },
    );
  }
}

const invalid = (path: string, message: string): HoldfastError =>
  new HoldfastError('InvalidConfiguration', `PostgreSQL settings: '${path}' ${message}`, { path });

const secretError = (path: string): HoldfastError =>
  new HoldfastError('SecretInConfiguration', `PostgreSQL settings: '${path}' would carry a secret; use credentialRef`, {
    path,
  });
