// Backup records in the catalog: created once, changed through changeBackup() only, with the audit entry in the same transaction.

import type { AuditAction } from '../domain/audit-entry.ts';
import { changeStatus, isRestorable, restorableCopies } from '../domain/backup-record.ts';
import type { BackupRecord, BackupStatus, RecordPatch } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Catalog, Write } from '../ports/catalog.ts';
import type { Clock } from '../ports/clock.ts';
import { auditWrites } from './audit.ts';
import { decideAndWrite, load, putOver, toItemValue } from './items.ts';
import type { Stored } from './items.ts';
import { BACKUP_PREFIX, backupKey, backupPointerKey, storePartition } from './keys.ts';

interface RecordsPlatform {
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Writes that create a record and its pointer; they fail when the id exists. */
export const createBackupWrites = (record: BackupRecord): readonly Write[] => [
  { kind: 'put', key: backupKey(record.store, record.id), value: toItemValue(record), condition: { kind: 'absent' } },
  { kind: 'put', key: backupPointerKey(record.id), value: { store: record.store }, condition: { kind: 'absent' } },
];

/** @throws NotFound */
export async function loadBackup(catalog: Catalog, backupId: string): Promise<BackupRecord> {
  return (await loadStoredBackup(catalog, backupId)).value;
}

export async function listBackups(
  catalog: Catalog,
  request: { readonly store: string; readonly newestFirst?: boolean; readonly limit?: number; readonly after?: string },
): Promise<{ readonly items: readonly BackupRecord[]; readonly next?: string }> {
  const page = await catalog.query({
    partition: storePartition(request.store),
    prefix: BACKUP_PREFIX,
    newestFirst: request.newestFirst ?? true,
    limit: Math.min(request.limit ?? LIMITS.pageItemsMax, LIMITS.pageItemsMax),
    ...(request.after !== undefined && { after: `${BACKUP_PREFIX}${request.after}` }),
  });
  return {
    items: page.items.map((item) => item.value as unknown as BackupRecord),
    ...(page.next !== undefined && { next: page.next.slice(BACKUP_PREFIX.length) }),
  };
}

/** The newest backup one may restore from, or undefined. Order is the catalog's, never a name's or a clock's (trap 24). */
export async function newestRestorable(catalog: Catalog, store: string): Promise<BackupRecord | undefined> {
  for await (const record of restorableBackups(catalog, store)) return record;
  return undefined;
}

/**
 * What a restore takes when nobody names a backup: the newest restorable one; failing that, the newest that was completed once and
 * still has a good copy.
 */
export async function newestWithGoodCopy(catalog: Catalog, store: string): Promise<BackupRecord | undefined> {
  let damaged: BackupRecord | undefined;
  for await (const record of allBackups(catalog, store)) {
    if (restorableCopies(record).length === 0) continue;
    if (isRestorable(record.status)) return record;
    damaged ??= record;
  }
  return damaged;
}

/** Restorable backups of a store, newest first, page by page. */
export async function* restorableBackups(catalog: Catalog, store: string): AsyncGenerator<BackupRecord> {
  for await (const record of allBackups(catalog, store)) if (isRestorable(record.status)) yield record;
}

async function* allBackups(catalog: Catalog, store: string): AsyncGenerator<BackupRecord> {
  let after: string | undefined;
  do {
    const page = await listBackups(catalog, { store, newestFirst: true, ...(after !== undefined && { after }) });
    yield* page.items;
    after = page.next;
  } while (after !== undefined);
}

export interface BackupChange {
  readonly to: BackupStatus;
  readonly patch?: RecordPatch | ((record: BackupRecord) => RecordPatch);
  readonly action: AuditAction;
  readonly actor: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** Further conditions and writes of the same transaction, decided before the patch: the fence. */
  readonly before?: (record: BackupRecord) => Promise<readonly Write[]>;
}

/**
 * Changes a record's status together with its audit entry. A record that has the wanted status already is returned as it is: a
 * repeated step changes nothing and writes no second entry.
 *
 * @throws IllegalStatusChange, ConditionFailed (a condition of `before` does not hold), NotFound
 */
export async function changeBackup(
  platform: RecordsPlatform,
  backupId: string,
  change: BackupChange,
): Promise<BackupRecord> {
  return await decideAndWrite(platform.catalog, async () => {
    const current = await loadStoredBackup(platform.catalog, backupId);
    if (current.value.status === change.to) return { result: current.value, writes: [] };
    const before = (await change.before?.(current.value)) ?? [];
    const patch = typeof change.patch === 'function' ? change.patch(current.value) : (change.patch ?? {});
    const next = changeStatus(current.value, change.to, patch);
    const audit = await auditWrites(platform.catalog, platform.clock, next.store, {
      action: change.action,
      actor: change.actor,
      subject: backupId,
      details: { from: current.value.status, to: change.to, ...change.details },
    });
    return { result: next, writes: [putOver(backupKey(next.store, backupId), next, current), ...before, ...audit] };
  });
}

/** Changes fields that are no status (leases, validation results) under the record's revision, with an audit entry when given. */
export async function patchBackup(
  platform: RecordsPlatform,
  backupId: string,
  patch: (record: BackupRecord) => RecordPatch | undefined,
): Promise<BackupRecord> {
  return await decideAndWrite(platform.catalog, async () => {
    const current = await loadStoredBackup(platform.catalog, backupId);
    const changed = patch(current.value);
    if (changed === undefined) return { result: current.value, writes: [] };
    const next = { ...current.value, ...changed };
    return { result: next, writes: [putOver(backupKey(next.store, backupId), next, current)] };
  });
}

async function loadStoredBackup(catalog: Catalog, backupId: string): Promise<Stored<BackupRecord>> {
  const pointer = await load<{ store: string }>(catalog, backupPointerKey(backupId));
  const record = pointer && (await load<BackupRecord>(catalog, backupKey(pointer.value.store, backupId)));
  if (record === undefined) throw new HoldfastError('NotFound', `no backup '${backupId}'`, { backupId });
  return record;
}
