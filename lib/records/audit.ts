// The audit log: hash chains in the catalog. An entry is written in the same transaction as the change it tells about,
// so there is no action without its entry; a changed, dropped or reordered entry breaks every later hash.

import { createHash } from 'node:crypto';
import type { AuditEntry, AuditEvent } from '../domain/audit-entry.ts';
import { HoldfastError } from '../domain/errors.ts';
import { canonicalJson } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Catalog, Write } from '../ports/catalog.ts';
import { isoNow } from '../ports/clock.ts';
import type { Clock } from '../ports/clock.ts';
import { AUDIT_ENTRY_PREFIX, auditEntryKey, auditHeadKey, auditPartition } from './keys.ts';
import { decideAndWrite, load, putOver, toItemValue } from './items.ts';

interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

const GENESIS: ChainHead = { sequence: 0, hash: '0'.repeat(64) };

/** Chain of things that belong to no store: schedules, keys, access. */
export const PLATFORM_CHAIN = 'platform';

/** The two writes that append `event`; put them into the transaction of the change. Call inside {@link decideAndWrite}. */
export async function auditWrites(
  catalog: Catalog,
  clock: Clock,
  chain: string,
  event: AuditEvent,
): Promise<readonly Write[]> {
  const head = await load<ChainHead>(catalog, auditHeadKey(chain));
  const entry = chainEntry(head?.value ?? GENESIS, chain, isoNow(clock), event);
  return [
    putOver(auditHeadKey(chain), { sequence: entry.sequence, hash: entry.hash }, head),
    {
      kind: 'put',
      key: auditEntryKey(chain, entry.sequence),
      value: toItemValue(entry),
      condition: { kind: 'absent' },
    },
  ];
}

/** Appends an entry that accompanies no other change (an access, a refusal). */
export async function appendAudit(catalog: Catalog, clock: Clock, chain: string, event: AuditEvent): Promise<void> {
  await decideAndWrite(catalog, async () => ({
    result: undefined,
    writes: await auditWrites(catalog, clock, chain, event),
  }));
}

export async function listAudit(
  catalog: Catalog,
  request: { readonly chain: string; readonly after?: string; readonly limit?: number },
): Promise<{ readonly items: readonly AuditEntry[]; readonly next?: string }> {
  const page = await catalog.query({
    partition: auditPartition(request.chain),
    prefix: AUDIT_ENTRY_PREFIX,
    limit: Math.min(request.limit ?? LIMITS.auditPageMax, LIMITS.auditPageMax),
    ...(request.after !== undefined && { after: request.after }),
  });
  return {
    items: page.items.map((item) => item.value as unknown as AuditEntry),
    ...(page.next !== undefined && { next: page.next }),
  };
}

/**
 * Recomputes a whole chain. Returns its length and head hash, to be compared with one written down elsewhere.
 * @throws IntegrityViolation naming the first entry that does not fit
 */
export async function verifyAuditChain(
  catalog: Catalog,
  chain: string,
): Promise<{ readonly entries: number; readonly head: string }> {
  let last = GENESIS;
  let after: string | undefined;
  do {
    const page = await listAudit(catalog, { chain, ...(after !== undefined && { after }) });
    for (const entry of page.items) {
      const { hash, ...body } = entry;
      const fits = entry.sequence === last.sequence + 1 && entry.previousHash === last.hash && hashOf(body) === hash;
      if (!fits)
        throw new HoldfastError('IntegrityViolation', `audit chain '${chain}' is broken at entry ${entry.sequence}`, {
          chain,
          sequence: entry.sequence,
        });
      last = { sequence: entry.sequence, hash };
    }
    after = page.next;
  } while (after !== undefined);
  const head = await load<ChainHead>(catalog, auditHeadKey(chain));
  if ((head?.value.hash ?? GENESIS.hash) !== last.hash) {
    throw new HoldfastError('IntegrityViolation', `audit chain '${chain}' ends before its head`, {
      chain,
      sequence: last.sequence,
    });
  }
  return { entries: last.sequence, head: last.hash };
}

function chainEntry(head: ChainHead, chain: string, at: string, event: AuditEvent): AuditEntry {
  const body = { ...event, chain, sequence: head.sequence + 1, at, previousHash: head.hash };
  return { ...body, hash: hashOf(body) };
}

const hashOf = (body: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256').update(canonicalJson(body)).digest('hex');
