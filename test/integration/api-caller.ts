// Calls the API's functions the way a gateway does, over a whole test platform and one token per role.

import { randomBytes } from 'node:crypto';

import { ROLES } from '../../lib/access/permissions.ts';
import type { Role } from '../../lib/access/permissions.ts';
import { makeToken, tokenFileText } from '../../lib/access/token.ts';
import { boundServices } from '../../lib/app/http/bound-services.ts';
import { routesByManager } from '../../lib/app/http/all-routes.ts';
import { runWithTokens } from '../../lib/app/http/credentials.ts';
import { httpFunction } from '../../lib/app/http/http-function.ts';
import type { HttpEvent } from '../../lib/app/http/http-function.ts';
import { MANAGERS } from '../../lib/app/http/managers.ts';
import type { Services } from '../../lib/app/http/services.ts';
import { Secret } from '../../lib/domain/secret.ts';
import type { Platform } from '../../lib/ports/platform.ts';

export interface ApiCall {
  readonly as?: Role | 'owner' | 'nobody';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const TOKENS = 'test:tokens';
const grants = [
  ...ROLES.map((role) => makeToken({ id: `test:${role}`, roles: [role] }, randomBytes)),
  makeToken({ id: 'test:owner', roles: ['backup_admin', 'recovery_specialist', 'compliance_officer'] }, randomBytes),
];

export type CallApi = (method: string, path: string, call?: ApiCall) => Promise<ApiAnswer>;

export function apiCaller(platform: Platform, services: Partial<Services> = {}): CallApi {
  const withTokens: Platform = {
    ...platform,
    secrets: {
      read: async (reference) =>
        reference === TOKENS ? new Secret(tokenFileText(grants)) : await platform.secrets.read(reference),
    },
  };
  const options = { platform: () => withTokens, services: { ...boundServices, ...services } };
  const functions = new Map(MANAGERS.map((manager) => [manager, httpFunction(routesByManager[manager], options)]));
  return async (method, path, { as = 'owner', body, headers = {} } = {}) => {
    const manager = MANAGERS.find((name) => path.startsWith(`/api/v1/${name}/`)) ?? 'platform';
    const event = eventOf(method, path, { ...authorization(as), ...headers }, body);
    const result = await runWithTokens(TOKENS, () => functions.get(manager)!(event, {} as never));
    const text = result.body ?? '';
    return {
      status: result.statusCode ?? 0,
      body: text === '' ? undefined : JSON.parse(text),
      headers: result.headers ?? {},
      text,
    };
  };
}

function authorization(as: string): Record<string, string> {
  const grant = grants.find(({ id }) => id === `test:${as}`);
  return grant === undefined ? {} : { authorization: `Bearer ${grant.token}` };
}

function eventOf(method: string, path: string, headers: Record<string, string>, body: unknown): HttpEvent {
  const [rawPath = '', rawQueryString = ''] = path.split('?');
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { host: 'localhost', ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
    isBase64Encoded: false,
    ...(text !== undefined && { body: text }),
    requestContext: {
      requestId: 'req_test',
      domainName: 'localhost',
      http: { method, path: rawPath, sourceIp: '127.0.0.1' },
    },
  } as unknown as HttpEvent;
}
