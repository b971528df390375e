// The embedded flow runner: durable executions of portable machines in one SQLite file, driven by this process.

import { HoldfastError, type StoredError } from '../../../domain/errors.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../../domain/json.ts';
import { LIMITS } from '../../../domain/limits.ts';
import type { Machine, MachineDefinition } from '../../../flows/machine.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Execution, ExecutionStatus, FlowRunner } from '../../../ports/flow-runner.ts';
import type { Log } from '../../../ports/telemetry.ts';
import { takeDriverLock, type DriverLock } from './driver-lock.ts';
import { Halted, StateFailure } from './failure.ts';
import { Journal, type Ending, type ExecutionRow } from './journal.ts';
import { asStored } from './payload.ts';
import { runStates } from './run-states.ts';
import type { Invoke } from './task-call.ts';

export interface FlowRunnerOptions {
  /** The SQLite file on a local disk; ':memory:' keeps nothing and takes no lock. */
  readonly file: string;
  readonly machines: ReadonlyMap<string, Machine>;
  /** Calls a step. May be called again with the same execution, path and attempt after a crash. */
  readonly invoke: Invoke;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this process to a second one that wants to drive. */
  readonly driver?: string;
}

/** One line of an execution's story, for people. */
export interface HistoryEvent {
  readonly at: string;
  /** Empty for the execution itself. */
  readonly path: string;
  readonly what: string;
  readonly data: JsonValue;
}

export interface EmbeddedFlowRunner extends FlowRunner {
  /** Goes on with every running execution; to be called once after a start. @throws LeaseHeld when another process drives the file */
  resume(): Promise<void>;
  /** Settles when no execution is being driven any more. */
  drain(): Promise<void>;
  /** Stops driving and touches no execution: they go on at the next start. Tasks get their signal aborted. Idempotent. */
  close(): Promise<void>;
  /** What happened, oldest first; of a polling state only the newest try. Empty for an unknown id. */
  history(id: string): Promise<readonly HistoryEvent[]>;
}

/**
 * Reading needs no lock, so any process may describe and list. The first start, stop or resume makes this process the driver.
 * @throws StorageFull, StorageReadOnly, CatalogUnavailable
 */
export const createFlowRunner = (options: FlowRunnerOptions): EmbeddedFlowRunner =>
  new JournalFlowRunner(options, new Journal(options.file));

/** As in Step Functions' names, so that a name that works here works there. */
const NAME = /^[A-Za-z0-9._=@+-]{1,80}$/;

/** After a fault of the disk, executions are taken up again at this pace, as a restart would. */
const REDRIVE_MILLISECONDS = 30_000;

export class JournalFlowRunner implements EmbeddedFlowRunner {
  readonly #options: FlowRunnerOptions;
  readonly #journal: Journal;
  readonly #closing = new AbortController();
  readonly #driven = new Map<string, { readonly stopper: AbortController; readonly end: Promise<void> }>();
  #lock: DriverLock | undefined;

  constructor(options: FlowRunnerOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
  }

  async start(request: {
    readonly machine: string;
    readonly name: string;
    readonly input: JsonObject;
  }): Promise<Execution> {
    this.#becomeDriver();
    const { machine, name } = request;
    if (!NAME.test(name)) {
      throw new HoldfastError(
        'InvalidRequest',
        `unable to start '${machine}' as '${name}': use 1 to 80 letters, digits and ._=@+-`,
        { name },
      );
    }
    const id = `${machine}:${name}`;
    const row = this.#journal.execution(id) ?? this.#begin(id, request);
    if (canonicalJson(JSON.parse(row.input)) !== canonicalJson(request.input)) {
      throw new HoldfastError('IdempotencyConflict', `unable to start '${id}': it exists with another input`, {
        execution: id,
      });
    }
    this.#drive(id);
    return this.#execution(row);
  }

  async describe(id: string): Promise<Execution | undefined> {
    const row = this.#journal.execution(id);
    return row === undefined ? undefined : this.#execution(row);
  }

  async list(
    filter: { readonly machine?: string; readonly status?: ExecutionStatus; readonly limit?: number } = {},
  ): Promise<readonly Execution[]> {
    const limit = Math.min(filter.limit ?? LIMITS.pageItemsMax, LIMITS.pageItemsMax);
    return this.#journal
      .executions({ machine: filter.machine, status: filter.status, limit })
      .map((row) => this.#execution(row));
  }

  async stop(id: string, reason: string): Promise<void> {
    this.#becomeDriver();
    if (this.#journal.execution(id) === undefined) {
      throw new HoldfastError('NotFound', `unable to stop execution '${id}': there is none`, { execution: id });
    }
    const cause: StoredError = { name: 'ExecutionStopped', message: reason, facts: { execution: id } };
    // Durable first: after this commit nothing of the execution can be written, whatever still runs.
    this.#end(id, { status: 'stopped', error: cause.name, cause: JSON.stringify(cause) });
    this.#driven.get(id)?.stopper.abort(new HoldfastError('ExecutionStopped', reason, { execution: id }));
  }

  async resume(): Promise<void> {
    this.#becomeDriver();
    for (const id of this.#journal.runningIds()) this.#drive(id);
  }

  async drain(): Promise<void> {
    while (this.#driven.size > 0) await Promise.all([...this.#driven.values()].map((drive) => drive.end));
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new HoldfastError('ExecutionStopped', 'this process stops driving'));
    await this.drain();
    this.#lock?.release();
    this.#journal.close();
  }

  async history(id: string): Promise<readonly HistoryEvent[]> {
    return this.#journal.events(id).map((event) => ({ ...event, at: iso(event.at) }));
  }

  #becomeDriver(): void {
    if (this.#closing.signal.aborted) throw new HoldfastError('ExecutionStopped', 'unable to use a closed flow runner');
    const { file, driver = 'an unnamed driver' } = this.#options;
    if (this.#lock !== undefined || file === ':memory:') return;
    this.#lock = takeDriverLock(`${file}.driver`);
    if (this.#lock === undefined) {
      const owner = this.#journal.driverName() ?? 'another process';
      throw new HoldfastError('LeaseHeld', `unable to drive flow journal '${file}': ${owner} drives it`, {
        file,
        owner,
      });
    }
    this.#journal.nameDriver(`${driver} (process ${process.pid})`);
  }

  #begin(
    id: string,
    request: { readonly machine: string; readonly name: string; readonly input: JsonObject },
  ): ExecutionRow {
    const machine = this.#options.machines.get(request.machine);
    if (machine === undefined) {
      throw new HoldfastError('NotFound', `unable to start '${id}': no machine '${request.machine}'`, {
        machine: request.machine,
      });
    }
    this.#journal.begin({
      id,
      machine: request.machine,
      name: request.name,
      input: inputText(id, request.input),
      // Kept with the execution: a new version of the machine must not change what runs.
      definition: canonicalJson(machine.definition),
      startedAt: this.#options.clock.now(),
    });
    this.#options.log.info('execution started', { execution: id });
    return this.#journal.execution(id) as ExecutionRow;
  }

  #execution(row: ExecutionRow): Execution {
    return {
      id: row.id,
      machine: row.machine,
      status: row.status,
      input: JSON.parse(row.input) as JsonObject,
      ...(row.output === undefined ? {} : { output: JSON.parse(row.output) as JsonValue }),
      ...(row.error === undefined ? {} : { error: row.error }),
      startedAt: iso(row.startedAt),
      ...(row.endedAt === undefined ? {} : { endedAt: iso(row.endedAt) }),
      activeStates: row.status === 'running' ? this.#journal.activePaths(row.id) : [],
    };
  }

  #end(id: string, ending: Ending): void {
    if (!this.#journal.end(id, this.#options.clock.now(), ending)) return;
    const fields = {
      execution: id,
      ...(ending.status === 'succeeded' ? {} : { error: ending.error, cause: ending.cause }),
    };
    if (ending.status === 'failed') this.#options.log.error('execution failed', fields);
    else this.#options.log.info(`execution ${ending.status}`, fields);
  }

  #drive(id: string): void {
    if (this.#driven.has(id)) return;
    const stopper = new AbortController();
    const end = this.#driveToEnd(id, AbortSignal.any([stopper.signal, this.#closing.signal])).finally(() => {
      this.#driven.delete(id);
    });
    this.#driven.set(id, { stopper, end });
  }

  /** Never rejects. */
  async #driveToEnd(id: string, signal: AbortSignal): Promise<void> {
    // The first task may stop its own execution: by then the stopper is known.
    await Promise.resolve();
    while (!signal.aborted) {
      try {
        await this.#runToEnd(id, signal);
        return;
      } catch (error) {
        if (error instanceof Halted) return;
        // Nothing could be written, so nothing is lost: the journal still says where to go on.
        this.#options.log.error('execution interrupted by a fault of the journal', {
          execution: id,
          error: String(error),
        });
        await this.#options.clock.sleep(REDRIVE_MILLISECONDS, signal).catch(() => undefined);
      }
    }
  }

  async #runToEnd(id: string, signal: AbortSignal): Promise<void> {
    const row = this.#journal.execution(id);
    if (row?.status !== 'running') return;
    const { journal, options } = { journal: this.#journal, options: this.#options };
    const input = JSON.parse(row.input) as JsonObject;
    const context = { Execution: { Id: id, Name: row.name, Input: input, StartTime: iso(row.startedAt) } };
    const group = JSON.parse(row.definition) as MachineDefinition;
    try {
      const frame = {
        execution: id,
        prefix: '',
        group,
        context,
        signal,
        journal,
        invoke: options.invoke,
        clock: options.clock,
      };
      const output = await runStates(frame, input);
      this.#end(id, { status: 'succeeded', output: JSON.stringify(output) });
    } catch (error) {
      if (error instanceof Halted || error instanceof HoldfastError) throw error;
      this.#end(id, { status: 'failed', ...endingOf(error) });
    }
  }
}

/** What is no failure of a state here is a fault of the interpreter: the execution must not hang on it for ever. */
function endingOf(error: unknown): { readonly error: string; readonly cause: string } {
  if (error instanceof StateFailure) return { error: error.error, cause: error.causeText };
  const cause: StoredError = { name: 'Internal', message: String(error), facts: {} };
  return { error: cause.name, cause: JSON.stringify(cause) };
}

function inputText(id: string, input: JsonObject): string {
  try {
    return asStored(input).text;
  } catch (error) {
    throw new HoldfastError(
      'PayloadTooLarge',
      `unable to start '${id}': input is too large`,
      { execution: id },
      { cause: error },
    );
  }
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();
