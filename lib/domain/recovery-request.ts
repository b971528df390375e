// A recovery request and its plan: plan, confirm, run, proof (SPEC D1, D3, D6; 001 "Recovery Request Model").

import type { JsonObject } from './json.ts';
import type { StoredError } from './errors.ts';
import { HoldfastError } from './errors.ts';

export const RECOVERY_TYPES = ['full_system', 'database_only', 'files_only', 'point_in_time', 'selective'] as const;
export type RecoveryType = (typeof RECOVERY_TYPES)[number];

export const RECOVERY_STATUSES = ['queued', 'running', 'validating', 'completed', 'failed', 'aborted'] as const;
export type RecoveryStatus = (typeof RECOVERY_STATUSES)[number];

/** Where a restore goes. `settings` of a database are connection settings with a credentialRef, never a secret. Every kind but `in-place` must be new or empty. */
export type RecoveryTarget =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'data-directory'; readonly path: string }
  | { readonly kind: 'database'; readonly settings: JsonObject; readonly database?: string }
  | { readonly kind: 'in-place' };

export interface RecoveryOptions {
  readonly selectedTables: readonly string[];
  readonly selectedFiles: readonly string[];
  readonly overwriteExisting: boolean;
  readonly validateAfterRestore: boolean;
}

/** What a person was shown and agreed to; a run refuses when it no longer holds. */
export interface RecoveryPlan {
  readonly id: string;
  readonly store: string;
  readonly engine: string;
  readonly method: string;
  readonly backupId: string;
  readonly backupTime: string;
  readonly location: string;
  readonly target: RecoveryTarget;
  readonly options: RecoveryOptions;
  readonly sizeBytes: number;
  readonly estimatedSeconds: number;
  readonly guards: readonly {
    readonly name: string;
    readonly verdict: 'pass' | 'fail' | 'unknown';
    readonly detail: string;
  }[];
  /** True when the server will demand the typed store name. */
  readonly needsConfirmation: boolean;
  readonly createdAt: string;
  readonly expiresAt: string;
  /** SHA-256 over everything above: the run refuses a plan whose facts have changed. */
  readonly digest: string;
}

export interface RecoveryRequest {
  readonly id: string;
  readonly type: RecoveryType;
  readonly planId: string;
  readonly plan: RecoveryPlan;
  readonly backupId: string;
  readonly store: string;
  readonly status: RecoveryStatus;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly startedAt?: string;
  readonly completedAt?: string;
  readonly restoreSeconds?: number;
  readonly restoredBytes: number;
  readonly restoredEntries: number;
  /** What was compared after the restore and how it came out. */
  readonly proof?: { readonly equal: boolean; readonly compared: number; readonly detail: string };
  readonly warnings: readonly string[];
  readonly cause?: StoredError;
}

const LEGAL: Readonly<Record<RecoveryStatus, readonly RecoveryStatus[]>> = {
  queued: ['running', 'failed', 'aborted'],
  running: ['validating', 'completed', 'failed', 'aborted'],
  validating: ['completed', 'failed', 'aborted'],
  completed: [],
  failed: [],
  aborted: [],
};

/** The only way a recovery's status changes. @throws IllegalStatusChange, Internal (a failure without cause) */
export function changeRecoveryStatus(
  request: RecoveryRequest,
  to: RecoveryStatus,
  patch: Partial<RecoveryRequest> = {},
): RecoveryRequest {
  if (!LEGAL[request.status].includes(to)) {
    throw new HoldfastError('IllegalStatusChange', `unable to change a recovery from '${request.status}' to '${to}'`, {
      recoveryId: request.id,
    });
  }
  const next = { ...request, ...patch, status: to };
  if ((to === 'failed' || to === 'aborted') && next.cause === undefined) {
    throw new HoldfastError('Internal', `unable to write recovery status '${to}' without a cause`, {
      recoveryId: request.id,
    });
  }
  return next;
}

export const isRecoverySettled = (status: RecoveryStatus): boolean => LEGAL[status].length === 0;
