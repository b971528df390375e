// Puts backups into the queue: by schedule, by HTTP or by an event. The record exists from this moment on, status "queued".

import type { BackupRecord, BackupType, TriggerKind } from '../domain/backup-record.ts';
import { HoldfastError } from '../domain/errors.ts';
import { canonicalJson } from '../domain/json.ts';
import { retentionUntil } from '../domain/retention-until.ts';
import { priorityOf } from '../domain/service-level.ts';
import type { StorePolicy } from '../domain/store-policy.ts';
import type { ItemKey, Write } from '../ports/catalog.ts';
import { isoNow } from '../ports/clock.ts';
import type { Platform } from '../ports/platform.ts';
import { auditWrites } from '../records/audit.ts';
import { createBackupWrites } from '../records/backups.ts';
import { decideAndWrite, load, putOver, toItemValue } from '../records/items.ts';
import { QUEUE_KEY, idempotencyKey } from '../records/keys.ts';
import { enqueue, loadQueue } from './queue.ts';

export interface BackupRequest {
  readonly stores: readonly string[];
  readonly type?: BackupType;
  readonly requestedBy: string;
  readonly trigger: TriggerKind;
  /** The slot instant of a schedule; part of the record. */
  readonly slot?: string;
  /** The same key gives the same backups (trap 41); for a schedule it is the slot. */
  readonly idempotencyKey?: string;
}

export interface RequestedBackup {
  readonly backupId: string;
  readonly store: string;
}

/** @throws NotFound, CapabilityUnsupported, QueueFull, SourceBusy, IdempotencyConflict */
export async function requestBackup(
  platform: Platform,
  request: BackupRequest,
): Promise<{ readonly backups: readonly RequestedBackup[] }> {
  const policies = request.stores.map((store) => platform.policies.store(store));
  for (const policy of policies) assertCanDo(platform, policy, request.type);
  const backups: RequestedBackup[] = [];
  for (const policy of policies) backups.push(await requestOne(platform, policy, request));
  return { backups };
}

interface RememberedRequest {
  readonly request: string;
  readonly backupId: string;
}

async function requestOne(platform: Platform, policy: StorePolicy, request: BackupRequest): Promise<RequestedBackup> {
  const backupId = platform.ids.next('bkp');
  const remembered =
    request.idempotencyKey === undefined ? undefined : idempotencyKey(`backup/${policy.store}`, request.idempotencyKey);
  // Who asks and when may differ between two deliveries of one request; what is asked for may not.
  const fingerprint = canonicalJson({ store: policy.store, type: request.type });
  return await decideAndWrite(platform.catalog, async () => {
    const earlier = remembered && (await load<RememberedRequest>(platform.catalog, remembered));
    if (earlier !== undefined) return { result: repeated(earlier.value, fingerprint, policy.store), writes: [] };
    const record = queuedRecord(platform, policy, backupId, request);
    const { queue, stored } = await loadQueue(platform.catalog);
    const pending = {
      backupId,
      store: policy.store,
      priority: priorityOf(policy.serviceLevel),
      queuedAt: record.queuedAt,
    };
    const writes: Write[] = [
      ...createBackupWrites(record),
      putOver(QUEUE_KEY, enqueue(queue, pending, platform.policies.limits.queueLength), stored),
      ...(await auditWrites(platform.catalog, platform.clock, policy.store, {
        action: 'backup_queued',
        actor: request.requestedBy,
        subject: backupId,
        details: { trigger: request.trigger, ...(request.slot !== undefined && { slot: request.slot }) },
      })),
      ...(remembered === undefined ? [] : [remember(remembered, { request: fingerprint, backupId })]),
    ];
    return { result: { backupId, store: policy.store }, writes };
  });
}

function repeated(earlier: RememberedRequest, fingerprint: string, store: string): RequestedBackup {
  if (earlier.request !== fingerprint) {
    throw new HoldfastError(
      'IdempotencyConflict',
      `this Idempotency-Key asked for another backup of '${store}' before`,
      { store },
    );
  }
  return { backupId: earlier.backupId, store };
}

const remember = (key: ItemKey, value: RememberedRequest): Write => ({
  kind: 'put',
  key,
  value: toItemValue(value),
  condition: { kind: 'absent' },
});

function assertCanDo(platform: Platform, policy: StorePolicy, type: BackupType | undefined): void {
  const method = platform.engine(policy.engine).methods.find((candidate) => candidate.method === policy.method);
  if (method === undefined) {
    throw new HoldfastError('CapabilityUnsupported', `engine '${policy.engine}' has no method '${policy.method}'`, {
      store: policy.store,
    });
  }
  if (type !== undefined && !method.backupTypes.includes(type)) {
    throw new HoldfastError(
      'CapabilityUnsupported',
      `'${policy.engine}/${policy.method}' makes ${method.backupTypes.join(', ')} backups, not '${type}'`,
      {
        store: policy.store,
        type,
      },
    );
  }
}

function queuedRecord(platform: Platform, policy: StorePolicy, backupId: string, request: BackupRequest): BackupRecord {
  const now = isoNow(platform.clock);
  return {
    id: backupId,
    jobId: `${policy.service}/${policy.store}`,
    store: policy.store,
    service: policy.service,
    engine: platform.engine(policy.engine).name,
    method: policy.method,
    type: request.type ?? 'full',
    status: 'queued',
    trigger: {
      kind: request.trigger,
      requestedBy: request.requestedBy,
      ...(request.slot !== undefined && { slot: request.slot }),
    },
    dataType: policy.dataType,
    epoch: 0,
    queuedAt: now,
    size: 0,
    compressedSize: 0,
    compressionRatio: 0,
    units: [],
    copies: [],
    checks: [],
    validationResults: [],
    retentionUntil: retentionUntil(policy, now),
    holds: [],
    restoreLeases: [],
    metadata: {
      sourceVersion: 'unknown',
      backupVersion: '1',
      compressionAlgorithm: policy.compression.algorithm,
      encryptionAlgorithm: policy.encryption,
      excludedPatterns: [],
    },
  };
}
