// The flow runner port: starts and inspects executions of state machines.

import type { JsonObject, JsonValue } from '../domain/json.ts';

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'stopped';

export interface Execution {
  readonly id: string;
  readonly machine: string;
  readonly status: ExecutionStatus;
  readonly input: JsonObject;
  readonly output?: JsonValue;
  /** Error name and cause of a failed execution. */
  readonly error?: { readonly name: string; readonly cause: string };
  readonly startedAt: string;
  readonly endedAt?: string;
  /** States being worked on, innermost last, for people: `DumpUnits[0]/AwaitDump`. */
  readonly activeStates: readonly string[];
}

export interface FlowRunner {
  /**
   * Starts a machine under a name. When it returns, the execution is durable and will run to its end, whatever is killed.
   * Idempotent: a name that exists with an equal input is the same execution; with another input it is `IdempotencyConflict`.
   * @throws NotFound (no such machine), IdempotencyConflict
   */
  start(request: { readonly machine: string; readonly name: string; readonly input: JsonObject }): Promise<Execution>;
  describe(id: string): Promise<Execution | undefined>;
  /** Durable before it is signalled. Running tasks get their signal aborted; no further task starts. Idempotent. */
  stop(id: string, reason: string): Promise<void>;
  /** Newest first. */
  list(filter?: {
    readonly machine?: string;
    readonly status?: ExecutionStatus;
    readonly limit?: number;
  }): Promise<readonly Execution[]>;
}

/** What a task gets beside its input; the idempotency key of everything it does. */
export interface TaskContext {
  readonly execution: string;
  /** Path of the state inside the execution, with Map indexes. */
  readonly path: string;
  /** 0 for the first try of this state. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}
