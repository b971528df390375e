// An audit entry: what happened, to what, by whom; typed per action and hash-chained from the first day (SPEC F3).

/** Actions of 001 first, then ours. Free text is not an action. */
export const AUDIT_ACTIONS = [
  'backup_created',
  'backup_accessed',
  'backup_restored',
  'backup_deleted',
  'retention_applied',
  'backup_queued',
  'backup_started',
  'backup_status_changed',
  'backup_completed',
  'backup_failed',
  'backup_quarantined',
  'backup_corrupted',
  'recovery_planned',
  'recovery_started',
  'recovery_completed',
  'recovery_failed',
  'validation_started',
  'validation_recorded',
  'schedule_created',
  'schedule_changed',
  'schedule_deleted',
  'key_rotated',
  'access_denied',
  'platform_initialised',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What a caller gives; place in the chain and hash are added when it is written. */
export interface AuditEvent {
  readonly action: AuditAction;
  /** Who: a principal (`operator:anna`), a machine (`machine:backup`) or `platform`. */
  readonly actor: string;
  /** What: a backup, recovery, store or schedule id. */
  readonly subject: string;
  /** Ids, names, numbers. No personal data, no secrets, no text from a source. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditEntry extends AuditEvent {
  /** Chain name: one per store and `platform` for the rest. */
  readonly chain: string;
  readonly sequence: number;
  readonly at: string;
  readonly previousHash: string;
  /** SHA-256 over the canonical form of everything above, hex. */
  readonly hash: string;
}
