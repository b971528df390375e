// The worker host port: runs long work outside the state machine (a child process, a Lambda image, a Fargate task).

export interface WorkerLimits {
  readonly memoryBytesMax: number;
  readonly secondsMax: number;
}

export type WorkerState = 'running' | 'gone' | 'over-limit' | 'unknown';

export interface WorkerHost {
  /**
   * Starts the worker that runs the given job; the job itself lies in the catalog (lib/jobs). Idempotent per job and attempt:
   * starting what already runs does nothing. Returning means that the start was accepted, not that the worker lives.
   * @throws StorageUnavailable when no worker can be started now
   */
  start(job: { readonly jobId: string; readonly attempt: number; readonly limits: WorkerLimits }): Promise<void>;
  /**
   * `gone` only when the host knows that this attempt's worker has ended; `unknown` when it cannot tell: the heartbeat decides then.
   * A worker found past its limits has been killed before this returns `over-limit`; a host that has forgotten why may say `gone`.
   */
  probe(jobId: string, attempt: number): Promise<WorkerState>;
  /** Ends the worker (asked first, killed after a grace). Idempotent. */
  stop(jobId: string, attempt: number): Promise<void>;
}
