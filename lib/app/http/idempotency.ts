// Idempotency-Key on every POST (SPEC J3): same key and same request give the same answer, another request gives a conflict.
// A claim that is killed is taken over: the services behind take the key too, so running twice starts nothing twice.

import { createHash } from 'node:crypto';
import { HoldfastError, hasErrorName } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isoNow } from '../../ports/clock.ts';
import type { Platform } from '../../ports/platform.ts';
import { load, putOver } from '../../records/items.ts';
import type { Stored } from '../../records/items.ts';
import { idempotencyKey } from '../../records/keys.ts';
import type { Answer } from './route.ts';

interface Claim {
  readonly fingerprint: string;
  readonly state: 'claimed' | 'answered' | 'released';
  readonly claimedAt: string;
  readonly status?: number;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface IdempotentCall {
  readonly principal: string;
  readonly key: string;
  /** The resolved path, not its pattern: another backup id is another request. */
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
}

/** After this a claim without an answer belongs to a process that is dead: no request may take that long. */
const CLAIM_TERM_MS = 60_000;

/** @throws IdempotencyConflict, StillRunning (the first request with this key is being answered) */
export async function answerOnce(
  platform: Platform,
  call: IdempotentCall,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const key = idempotencyKey(call.principal, call.key);
  const fingerprint = createHash('sha256').update(canonicalJson(call.request)).digest('hex');
  const stored = await load<Claim>(platform.catalog, key);
  const known = stored && replay(platform, stored.value, fingerprint, call.key);
  if (known !== undefined) return known;

  const claim: Claim = { fingerprint, state: 'claimed', claimedAt: isoNow(platform.clock) };
  await write(platform, key, claim, stored, call.key);
  const revision = (stored?.revision ?? 0) + 1;
  try {
    const given = await answer();
    // Kept before it is given: whoever got an answer gets the same one again.
    await write(platform, key, { ...claim, ...given, state: 'answered' }, { value: claim, revision }, call.key);
    return given;
  } catch (error) {
    // An error is not kept: what was wrong may be mended, and the same request may then be sent again.
    await write(platform, key, { ...claim, state: 'released' }, { value: claim, revision }, call.key).catch(
      (failure: unknown) => {
        platform.log.warn('idempotency claim could not be released', { error: String(failure) });
      },
    );
    throw error;
  }
}

function replay(platform: Platform, claim: Claim, fingerprint: string, key: string): Answer | undefined {
  if (claim.fingerprint !== fingerprint) {
    throw new HoldfastError('IdempotencyConflict', `unable to use idempotency key '${key}' for another request`, {
      parameter: 'Idempotency-Key',
    });
  }
  if (claim.state === 'answered') {
    return {
      status: claim.status ?? 200,
      ...(claim.body !== undefined && { body: claim.body }),
      headers: { ...claim.headers, 'idempotency-replayed': 'true' },
    };
  }
  const isAlive = platform.clock.now() - Date.parse(claim.claimedAt) < CLAIM_TERM_MS;
  if (claim.state === 'claimed' && isAlive) throw stillRunning(key);
  return undefined;
}

async function write(
  platform: Platform,
  key: ReturnType<typeof idempotencyKey>,
  claim: Claim,
  over: Stored<Claim> | undefined,
  name: string,
): Promise<void> {
  try {
    await platform.catalog.transact([putOver(key, claim, over)]);
  } catch (error) {
    // Somebody else claimed it between our read and our write.
    if (hasErrorName(error, 'ConditionFailed')) throw stillRunning(name);
    throw error;
  }
}

const stillRunning = (key: string): HoldfastError =>
  new HoldfastError('StillRunning', `the first request with idempotency key '${key}' is still being answered`, {
    parameter: 'Idempotency-Key',
  });
