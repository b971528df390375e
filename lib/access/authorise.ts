// Authentication and authorisation of one request, with an audit entry for every refusal (SPEC H1).

import { HoldfastError } from '../domain/errors.ts';
import type { Catalog } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/telemetry.ts';
import { PLATFORM_CHAIN, appendAudit } from '../records/audit.ts';
import type { Permission, Principal } from './permissions.ts';
import { decide } from './permissions.ts';
import { principalOf } from './token.ts';
import type { TokenGrant } from './token.ts';

interface AccessPlatform {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AccessRequest {
  /** The `Authorization` header as it came. */
  readonly authorization: string | undefined;
  readonly permission: Permission;
  /** What was asked for, by the name of its operation: never text from the request. */
  readonly operation: string;
}

/** Longer headers are no token of ours. */
const AUTHORIZATION_LENGTH_MAX = 512;
const ANONYMOUS = 'anonymous';

/**
 * Names the caller and checks the permission.
 * @throws Unauthenticated, Forbidden; both are audited before the caller hears of them
 */
export async function authorise(
  platform: AccessPlatform,
  grants: readonly TokenGrant[],
  request: AccessRequest,
): Promise<Principal> {
  const principal = authenticate(request.authorization, grants);
  if (principal === undefined) {
    await auditDenial(platform, ANONYMOUS, request, 'no valid token');
    throw new HoldfastError('Unauthenticated', `unable to call '${request.operation}' without a valid bearer token`);
  }
  const decision = decide(principal, request.permission);
  if (!decision.isAllowed) {
    await auditDenial(platform, principal.id, request, decision.reason);
    throw new HoldfastError('Forbidden', `unable to call '${request.operation}': ${decision.reason}`);
  }
  return principal;
}

function authenticate(authorization: string | undefined, grants: readonly TokenGrant[]): Principal | undefined {
  if (authorization === undefined || authorization.length > AUTHORIZATION_LENGTH_MAX) return undefined;
  const presented = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  return presented === undefined ? undefined : principalOf(presented, grants);
}

/** A refusal stands even when its entry cannot be written: the log says so, and the caller gets no more for it. */
async function auditDenial(
  platform: AccessPlatform,
  actor: string,
  request: AccessRequest,
  reason: string,
): Promise<void> {
  platform.log.warn('access denied', { actor, operation: request.operation, permission: request.permission, reason });
  if (actor === ANONYMOUS && !anonymousBudget.take(platform.clock)) return;
  try {
    await appendAudit(platform.catalog, platform.clock, PLATFORM_CHAIN, {
      action: 'access_denied',
      actor,
      subject: request.operation,
      details: { permission: request.permission, reason, ...(actor === ANONYMOUS && anonymousBudget.takeSuppressed()) },
    });
  } catch (error) {
    platform.log.error('access denial could not be audited', {
      actor,
      operation: request.operation,
      error: String(error),
    });
  }
}

/** Strangers must not be able to fill the catalog: one entry a minute per process, which counts the ones left out. */
class AnonymousBudget {
  #lastAt: number | undefined;
  #suppressed = 0;

  take(clock: Clock): boolean {
    const now = clock.monotonic();
    if (this.#lastAt !== undefined && now - this.#lastAt < ANONYMOUS_INTERVAL_MS) {
      this.#suppressed += 1;
      return false;
    }
    this.#lastAt = now;
    return true;
  }

  takeSuppressed(): { readonly suppressed: number } {
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return { suppressed };
  }
}

const ANONYMOUS_INTERVAL_MS = 60_000;
const anonymousBudget = new AnonymousBudget();
