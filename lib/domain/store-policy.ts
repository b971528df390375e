// The effective policy of one data store: what configuration says after defaults, class and engine lines were applied.

import type { BackupType, CopyRole } from './backup-record.ts';
import type { ComplianceRule, DataType } from './compliance.ts';
import type { ServiceLevel } from './service-level.ts';

/** A five-field unix cron with its IANA zone. */
export interface ScheduleRule {
  readonly id: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly type: BackupType;
}

/** How long recovery points are kept; ISO 8601 periods (`P30D`, `P3M`, `P7Y`), because 7 years are not 2555 days. */
export interface KeepRule {
  readonly daily?: string;
  readonly weekly?: string;
  readonly monthly?: string;
  readonly yearly?: string;
}

export interface LocationPolicy {
  readonly name: string;
  readonly kind: string;
  /** Declared country; compliance asks the location itself. */
  readonly country: string;
  readonly region: string;
  readonly dataCenter: string;
  /** Two locations in one failure domain are one copy. */
  readonly failureDomain: string;
  /** Adapter settings: path, bucket, endpoint. Validated by the cloud's own schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Retention lock put on new objects, ISO period, when the store can lock. */
  readonly lockPeriod?: string;
}

export interface StorePolicy {
  readonly store: string;
  readonly service: string;
  readonly owner: string;
  readonly engine: string;
  readonly method: string;
  readonly serviceLevel: ServiceLevel;
  readonly dataType: DataType;
  readonly rpoSeconds: number;
  readonly rtoSeconds: number;
  /** The engine's own settings, validated by its schema: hosts, paths, credentialRef, exclude patterns. */
  readonly source: Readonly<Record<string, unknown>>;
  readonly schedules: readonly ScheduleRule[];
  readonly copies: readonly { readonly role: CopyRole; readonly location: string }[];
  readonly keep: KeepRule;
  readonly rules: readonly ComplianceRule[];
  /** Packs verified longer ago than this are read again before a backup that needs them completes. */
  readonly verifyWithinDays: number;
  readonly compression: { readonly algorithm: 'zstd' | 'gzip' | 'none'; readonly level: number };
  readonly encryption: 'AES-256-GCM';
  /** Where a test restore may put data; undefined: a temporary place beside the platform. */
  readonly scratch?: Readonly<Record<string, unknown>>;
}

export interface SkippedStore {
  readonly store: string;
  readonly service: string;
  readonly owner: string;
  readonly reason: string;
}
