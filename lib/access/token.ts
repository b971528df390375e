// API tokens: 256 random bits in a 0600 file with the name and roles they stand for, compared by hash in constant time.

import { createHash, timingSafeEqual } from 'node:crypto';

import { HoldfastError } from '../domain/errors.ts';
import type { Principal } from './permissions.ts';
import { isRole } from './permissions.ts';

const TOKEN_BYTES = 32;
/** A fixed beginning, so that leak scanners find a token that went astray. */
const TOKEN_PREFIX = 'hft_';
const TOKEN_FORM = /^hft_[A-Za-z0-9_-]{43}$/;

export interface TokenGrant extends Principal {
  readonly token: string;
}

/** Makes a token for a principal. `randomBytes` is the id source's. */
export function makeToken(principal: Principal, randomBytes: (length: number) => Buffer): TokenGrant {
  return { ...principal, token: `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}` };
}

/** The text of a token file. The command line reads the token from it, the API the name and the roles too. */
export const tokenFileText = (grants: readonly TokenGrant[]): string =>
  `${JSON.stringify({ version: 1, tokens: grants.map(({ id, roles, token }) => ({ principal: id, roles, token })) }, null, 2)}\n`;

/** @throws InvalidConfiguration without quoting the content: it is a secret */
export function parseTokenFile(text: string): readonly TokenGrant[] {
  const entries = entriesOf(text);
  if (entries.length === 0) throw unreadable('it lists no token');
  return entries.map((entry, index) => {
    const { principal, roles, token } = entry as Record<string, unknown>;
    if (typeof principal !== 'string' || principal === '') throw unreadable(`entry ${index} has no principal`);
    if (typeof token !== 'string' || !TOKEN_FORM.test(token))
      throw unreadable(`entry ${index} has no well-formed token`);
    if (!Array.isArray(roles)) throw unreadable(`entry ${index} has no roles`);
    // An unknown role grants nothing, but it is surely a mistake: saying so beats a puzzling denial.
    return { id: principal, token, roles: roles.map((role) => knownRole(role, index)) };
  });
}

/** The principal a presented token stands for, or undefined. Every grant is compared, so the time tells nothing. */
export function principalOf(presented: string, grants: readonly TokenGrant[]): Principal | undefined {
  const given = digest(presented);
  let found: Principal | undefined;
  for (const grant of grants) {
    if (timingSafeEqual(given, digest(grant.token))) found = { id: grant.id, roles: grant.roles };
  }
  return found;
}

function entriesOf(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    const tokens = (parsed as { tokens?: unknown } | null)?.tokens;
    if (Array.isArray(tokens) && tokens.every((entry) => typeof entry === 'object' && entry !== null)) return tokens;
  } catch {
    // The parser's message would quote the secret text: say nothing of it.
  }
  throw unreadable('it is not a JSON object with a list "tokens"');
}

function knownRole(role: unknown, index: number) {
  if (typeof role === 'string' && isRole(role)) return role;
  throw unreadable(`entry ${index} names an unknown role`);
}

const unreadable = (why: string): HoldfastError =>
  new HoldfastError('InvalidConfiguration', `unable to read the API token file: ${why}`);

/** Hashes have one length, whatever was presented; timingSafeEqual demands that. */
const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
