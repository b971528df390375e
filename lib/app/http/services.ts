// What the API needs from the slices. Routes see only this, so that they can be tested against doubles of it.

import type { AuditEntry } from '../../domain/audit-entry.ts';
import type { BackupRecord, BackupType, TriggerKind, ValidationResult } from '../../domain/backup-record.ts';
import type { StoredError } from '../../domain/errors.ts';
import type { RecoveryOptions, RecoveryPlan, RecoveryRequest, RecoveryTarget } from '../../domain/recovery-request.ts';
import type { Explanation } from '../../monitoring/explain-store.ts';
import type { StoreState } from '../../monitoring/store-state.ts';
import type { Catalog } from '../../ports/catalog.ts';
import type { Platform } from '../../ports/platform.ts';
import type { ScheduleView } from '../../scheduling/schedules.ts';
import type { ConfigurationCheck } from './check-configuration.ts';
import type { CheckupView } from './checkup.ts';
import type { Language } from './language.ts';

export interface ScheduleFields {
  readonly cron: string;
  readonly timeZone: string;
  readonly type: BackupType;
}

export interface ValidationView {
  readonly id: string;
  readonly backupId: string;
  readonly store: string;
  readonly kind: ValidationResult['kind'];
  readonly status: 'running' | 'completed' | 'failed';
  readonly result?: ValidationResult;
  readonly cause?: StoredError;
  readonly startedAt: string;
  readonly endedAt?: string;
}

export interface JobProgressView {
  /** `dump.0`, `verify`. */
  readonly job?: string;
  readonly state?: 'running' | 'succeeded' | 'failed';
  readonly phase: string;
  readonly doneBytes: number;
  readonly totalBytes?: number;
  readonly startedAt: string;
}

interface PageRequest {
  readonly limit?: number;
  readonly after?: string;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

interface Requested {
  readonly requestedBy: string;
  readonly idempotencyKey?: string;
}

export interface Services {
  storeStates(platform: Platform): Promise<readonly StoreState[]>;
  storeState(platform: Platform, store: string): Promise<StoreState>;
  explainStore(platform: Platform, store: string, language: Language): Promise<Explanation>;
  checkConfiguration(text: string, file: string, nowMilliseconds: number): ConfigurationCheck;
  checkUp(platform: Platform, language: Language): Promise<CheckupView>;
  openApiDocument(): Promise<object>;

  requestBackup(
    platform: Platform,
    request: Requested & {
      readonly stores: readonly string[];
      readonly type?: BackupType;
      readonly method?: string;
      readonly trigger: TriggerKind;
    },
  ): Promise<{ readonly backups: readonly { readonly backupId: string; readonly store: string }[] }>;

  listSchedules(platform: Platform): Promise<readonly ScheduleView[]>;
  createSchedule(
    platform: Platform,
    request: Requested & ScheduleFields & { readonly store: string },
  ): Promise<ScheduleView>;
  updateSchedule(
    platform: Platform,
    request: Requested & Partial<ScheduleFields> & { readonly scheduleId: string },
  ): Promise<ScheduleView>;
  deleteSchedule(platform: Platform, request: Requested & { readonly scheduleId: string }): Promise<void>;

  loadBackup(catalog: Catalog, backupId: string): Promise<BackupRecord>;
  listBackups(
    catalog: Catalog,
    request: PageRequest & { readonly store: string; readonly newestFirst?: boolean },
  ): Promise<Page<BackupRecord>>;
  newestRestorable(catalog: Catalog, store: string): Promise<BackupRecord | undefined>;

  listAudit(catalog: Catalog, request: PageRequest & { readonly chain: string }): Promise<Page<AuditEntry>>;
  verifyAuditChain(catalog: Catalog, chain: string): Promise<{ readonly entries: number; readonly head: string }>;

  progressOf(catalog: Catalog, owner: string): Promise<readonly JobProgressView[]>;

  planRecovery(
    platform: Platform,
    request: Requested & {
      readonly store: string;
      readonly backupId?: string;
      readonly target: RecoveryTarget;
      readonly options: Partial<RecoveryOptions>;
      readonly location?: string;
    },
  ): Promise<RecoveryPlan>;
  requestRecovery(
    platform: Platform,
    request: Requested & { readonly planId: string; readonly confirm?: string },
  ): Promise<RecoveryRequest>;
  loadRecovery(catalog: Catalog, recoveryId: string): Promise<RecoveryRequest>;
  listRecoveries(
    catalog: Catalog,
    request: { readonly store?: string; readonly limit?: number },
  ): Promise<readonly RecoveryRequest[]>;
  cancelRecovery(platform: Platform, recoveryId: string): Promise<RecoveryRequest>;

  requestValidation(
    platform: Platform,
    request: Requested & { readonly backupId: string; readonly kind: ValidationResult['kind'] },
  ): Promise<{ readonly validationId: string }>;
  loadValidation(catalog: Catalog, validationId: string): Promise<ValidationView>;
  verifyAll(
    platform: Platform,
    request: Requested,
  ): Promise<{
    readonly validations: readonly {
      readonly validationId: string;
      readonly backupId: string;
      readonly store: string;
    }[];
  }>;
}
