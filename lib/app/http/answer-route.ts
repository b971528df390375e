// The one way a route is answered: authorise, parse, answer once, translate errors. No route does any of it by itself.

import { authorise } from '../../access/authorise.ts';
import type { Principal } from '../../access/permissions.ts';
import type { Platform } from '../../ports/platform.ts';
import { acceptedTokens } from './credentials.ts';
import { errorAnswer, parameterFault } from './errors.ts';
import { answerOnce } from './idempotency.ts';
import { languageOf } from './language.ts';
import type { RawRequest } from './parse-request.ts';
import { parseRequest } from './parse-request.ts';
import type { Answer, Call, Route } from './route.ts';
import type { Services } from './services.ts';

export interface HttpRequest extends RawRequest {
  readonly path: string;
  readonly requestId: string;
  header(name: string): string | undefined;
}

const ANONYMOUS: Principal = { id: 'anonymous', roles: [] };
/** Stripe's and the IETF draft's bound; printable, because it stands in the catalog and in messages. */
const IDEMPOTENCY_KEY_FORM = /^[\x21-\x7e]{1,255}$/;

/** Never throws: whatever happens becomes an answer in the platform's error form. */
export async function answerRoute(
  platform: Platform,
  services: Services,
  route: Route,
  request: HttpRequest,
): Promise<Answer> {
  const language = languageOf(request.header('accept-language'));
  try {
    const principal = await callerOf(platform, route, request);
    const parsed = parseRequest(route, request);
    const idempotencyKey = keyOf(route, request);
    const call: Call = {
      platform,
      services,
      principal,
      language,
      requestId: request.requestId,
      idempotencyKey,
      ...parsed,
    };
    if (idempotencyKey === undefined || !route.isIdempotencyKept) return await route.handle(call);
    const identity = { method: route.method, path: request.path, body: parsed.body };
    return await answerOnce(platform, { principal: principal.id, key: idempotencyKey, request: identity }, () =>
      route.handle(call),
    );
  } catch (error) {
    const answer = errorAnswer(error, language, request.requestId);
    if (answer.status >= 500) {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      platform.log.error('request failed', {
        requestId: request.requestId,
        operation: route.operationId,
        name,
        message,
        stack,
      });
    }
    return answer;
  }
}

async function callerOf(platform: Platform, route: Route, request: HttpRequest): Promise<Principal> {
  if (route.permission === 'public') return ANONYMOUS;
  const grants = await acceptedTokens(platform);
  return await authorise(platform, grants, {
    authorization: request.header('authorization'),
    permission: route.permission,
    operation: route.operationId,
  });
}

function keyOf(route: Route, request: HttpRequest): string | undefined {
  const key = request.header('idempotency-key');
  if (key === undefined || route.method !== 'POST') return undefined;
  if (!IDEMPOTENCY_KEY_FORM.test(key)) {
    throw parameterFault('Idempotency-Key', 'an idempotency key has 1 to 255 printable ASCII characters');
  }
  return key;
}
