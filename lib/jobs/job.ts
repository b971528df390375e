// A job: one piece of long work as a catalog item. A worker writes heartbeat, progress and result there; the machine polls it.

import type { StoredError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';

export const JOB_KINDS = ['dump-unit', 'verify-copy', 'replicate-copy', 'restore-point', 'check-backup'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface JobProgress {
  readonly phase: string;
  readonly doneBytes: number;
  readonly totalBytes?: number;
}

export interface Job {
  /** The backup, recovery or validation it belongs to. */
  readonly owner: string;
  /** Unique under its owner: `dump.0`, `verify`, `replicate.second`. */
  readonly job: string;
  readonly kind: JobKind;
  /** Ids and small settings; the worker reads everything else itself. */
  readonly payload: JsonObject;
  /** 1 for the first. Only the newest attempt may write. */
  readonly attempt: number;
  /** Earlier attempts that ended with an error of their own; the other ones were lost. */
  readonly failures: number;
  /** Path of the machine state that started this attempt: a repeated call of the same state is the same attempt. */
  readonly startedBy: string;
  readonly startedAt: string;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly heartbeat: number;
  readonly progress: JobProgress;
  readonly result?: JsonObject;
  readonly error?: StoredError;
  /** How the newest failed attempt before this one ended. */
  readonly lastError?: StoredError;
}

export interface JobReference {
  readonly owner: string;
  readonly job: string;
}

/** What a job's code gets besides the platform. */
export interface JobContext extends JobReference {
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** Private to this attempt, empty at the start, removed afterwards. */
  readonly scratchDir: string;
  progress(progress: JobProgress): void;
}
