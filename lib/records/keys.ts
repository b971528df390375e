// Where each kind of item lies in the catalog; the only place that spells partition and sort keys.

import type { ItemKey } from '../ports/catalog.ts';

const SEQUENCE_DIGITS = 12;

export const storePartition = (store: string): string => `store#${store}`;
export const backupKey = (store: string, backupId: string): ItemKey => ({
  partition: storePartition(store),
  sort: `backup#${backupId}`,
});
export const BACKUP_PREFIX = 'backup#';
/** Points from a backup id to its store, so that an id alone is enough to find the record. */
export const backupPointerKey = (backupId: string): ItemKey => ({ partition: 'backups', sort: backupId });
export const fenceKey = (store: string): ItemKey => ({ partition: storePartition(store), sort: 'fence' });
/** What the planner found, kept so that every dump attempt works from one plan. */
export const dumpPlanKey = (store: string, backupId: string): ItemKey => ({
  partition: storePartition(store),
  sort: `plan#${backupId}`,
});
/** When each attempt's packs were last read and verified at a location. */
export const verifiedKey = (store: string, location: string): ItemKey => ({
  partition: storePartition(store),
  sort: `verified#${location}`,
});
export const slotStateKey = (store: string, schedule: string): ItemKey => ({
  partition: storePartition(store),
  sort: `schedule#${schedule}`,
});
export const noticeKey = (store: string): ItemKey => ({ partition: storePartition(store), sort: 'notice' });

export const QUEUE_KEY: ItemKey = { partition: 'queue', sort: 'state' };

/** The backups of one run, so that the machine carries only its id. */
export const runKey = (runId: string): ItemKey => ({ partition: 'runs', sort: runId });

export const auditPartition = (chain: string): string => `audit#${chain}`;
export const auditHeadKey = (chain: string): ItemKey => ({ partition: auditPartition(chain), sort: 'head' });
export const AUDIT_ENTRY_PREFIX = 'entry#';
export const auditEntryKey = (chain: string, sequence: number): ItemKey => ({
  partition: auditPartition(chain),
  sort: `${AUDIT_ENTRY_PREFIX}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`,
});

export const jobKey = (owner: string, job: string): ItemKey => ({ partition: `jobs#${owner}`, sort: job });
export const jobObservationKey = (owner: string, job: string): ItemKey => ({
  partition: `observed#${owner}`,
  sort: job,
});

export const planKey = (planId: string): ItemKey => ({ partition: 'recovery-plans', sort: planId });
export const RECOVERY_PARTITION = 'recoveries';
export const recoveryKey = (recoveryId: string): ItemKey => ({ partition: RECOVERY_PARTITION, sort: recoveryId });
export const VALIDATION_PARTITION = 'validations';
export const validationKey = (validationId: string): ItemKey => ({
  partition: VALIDATION_PARTITION,
  sort: validationId,
});
export const SCHEDULE_PARTITION = 'schedules';
export const scheduleKey = (scheduleId: string): ItemKey => ({ partition: SCHEDULE_PARTITION, sort: scheduleId });
export const idempotencyKey = (scope: string, key: string): ItemKey => ({
  partition: `idempotency#${scope}`,
  sort: key,
});
