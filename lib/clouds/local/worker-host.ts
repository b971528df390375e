// Runs workers as child processes: one per job attempt, each with its tools in a process group of its own that ends as a whole, be it by
// itself, at a limit, on request or because this process was killed. Job id and attempt are its arguments; secrets are not.

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';

import { HoldfastError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log, LogFields } from '../../ports/telemetry.ts';
import type { WorkerHost, WorkerLimits, WorkerState } from '../../ports/worker-host.ts';
import { identify, isSameProcess, residentBytes } from './process-tree.ts';
import type { WorkerCommand } from './worker-environment.ts';
import { OUTPUT_BYTES_MAX, workerEnvironment } from './worker-environment.ts';
import type { WorkerNotes } from './worker-notes.ts';
import { logLine, takeLines } from './worker-output.ts';

/** Time to write a last heartbeat and end the dump tool; what needs longer would not be missed. */
const GRACE_MILLISECONDS = 10_000;
/** A worker that grows by 1 GB/s is stopped half a gigabyte late; looking more often costs more than it saves. */
const LOOK_MILLISECONDS = 500;
/** Attempts that have ended are remembered, so that a repeated start of one does nothing: its objects may be there already. */
const ENDED_MAX = 10_000;

interface Worker {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly limits: WorkerLimits;
  readonly startedAt: number;
  readonly fields: LogFields;
  readonly ended: Promise<void>;
  readonly watch: AbortController;
  hasEnded: boolean;
  isOverLimit: boolean;
}

export interface ChildWorkerHostOptions extends WorkerCommand {
  readonly clock: Clock;
  readonly log: Log;
  readonly notes?: WorkerNotes;
  readonly graceMilliseconds?: number;
}

export class ChildWorkerHost implements WorkerHost {
  readonly #options: ChildWorkerHostOptions;
  readonly #workers = new Map<string, Promise<Worker>>();
  #isClosed = false;

  constructor(options: ChildWorkerHostOptions) {
    this.#options = options;
  }

  async start(job: { readonly jobId: string; readonly attempt: number; readonly limits: WorkerLimits }): Promise<void> {
    const name = nameOf(job.jobId, job.attempt);
    if (this.#isClosed) throw cannotStart(name, 'the host is closed');
    const running = this.#workers.get(name);
    if (running !== undefined) {
      await running;
      return;
    }
    await this.#forgetEnded();
    // Started by a host before this one. Even if it has ended: what an attempt has written may be there, so it never runs twice.
    if ((await this.#options.notes?.read(name)) !== undefined) return;
    // Another call may have come here while the note was read.
    const starting = this.#workers.get(name) ?? this.#launch(name, job);
    this.#workers.set(name, starting);
    try {
      await starting;
    } catch (error) {
      this.#workers.delete(name);
      throw error;
    }
  }

  async probe(jobId: string, attempt: number): Promise<WorkerState> {
    const name = nameOf(jobId, attempt);
    const worker = await this.#workers.get(name)?.catch(() => undefined);
    if (worker === undefined) {
      const identity = await this.#options.notes?.read(name);
      return identity === undefined ? 'unknown' : (await isSameProcess(identity)) ? 'running' : 'gone';
    }
    if (!worker.hasEnded) await this.#enforce(worker);
    if (worker.isOverLimit) return 'over-limit';
    return worker.hasEnded ? 'gone' : 'running';
  }

  async stop(jobId: string, attempt: number): Promise<void> {
    const name = nameOf(jobId, attempt);
    const worker = await this.#workers.get(name)?.catch(() => undefined);
    if (worker !== undefined) {
      await this.#end(worker);
      return;
    }
    const identity = await this.#options.notes?.read(name);
    // A worker of a host that was killed should have ended by itself; one that has not is not asked any more.
    if (identity !== undefined && (await isSameProcess(identity))) killGroup(identity.pid);
  }

  /** Ends every worker; leaves nothing running. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(
      [...this.#workers.values()].map(async (starting) => {
        const worker = await starting.catch(() => undefined);
        if (worker !== undefined) await this.#end(worker);
      }),
    );
  }

  async #launch(
    name: string,
    job: { readonly jobId: string; readonly attempt: number; readonly limits: WorkerLimits },
  ): Promise<Worker> {
    const [program = '', ...first] = this.#options.command;
    const child = spawn(program, [...first, job.jobId, String(job.attempt)], {
      env: workerEnvironment(this.#options, job.limits.memoryBytesMax),
      // A group of its own, so that the tools it starts can be ended with it.
      detached: true,
      // Standard input stays open for as long as this process lives: see end-with-parent.ts.
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const fields = { jobId: job.jobId, attempt: job.attempt };
    child.stdin.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      takeLines(stream, OUTPUT_BYTES_MAX, (line) => logLine(this.#options.log, line, fields));
    }
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const pid = await spawned(child, name);
    const worker: Worker = {
      child,
      pid,
      limits: job.limits,
      startedAt: this.#options.clock.monotonic(),
      fields: { ...fields, pid },
      ended,
      watch: new AbortController(),
      hasEnded: child.exitCode !== null || child.signalCode !== null,
      isOverLimit: false,
    };
    void ended.then(() => this.#afterEnd(worker));
    void this.#watch(worker);
    const identity = await identify(pid);
    if (identity !== undefined) await this.#options.notes?.write(name, identity).catch(() => undefined);
    return worker;
  }

  /** Runs in the same turn in which the exit is heard, so nobody sees an ended worker whose tools still live. */
  #afterEnd(worker: Worker): void {
    killGroup(worker.pid);
    worker.hasEnded = true;
    worker.watch.abort();
    worker.child.stdin?.destroy();
    const { exitCode, signalCode } = worker.child;
    this.#options.log.info('worker ended', {
      ...worker.fields,
      exitCode: exitCode ?? undefined,
      signal: signalCode ?? undefined,
    });
  }

  async #watch(worker: Worker): Promise<void> {
    while (!worker.hasEnded) {
      try {
        await this.#options.clock.sleep(LOOK_MILLISECONDS, worker.watch.signal);
        await this.#enforce(worker);
      } catch {
        // The worker ended while we slept: that is the one way out of a sleep.
        return;
      }
    }
  }

  async #enforce(worker: Worker): Promise<void> {
    const { memoryBytesMax, secondsMax } = worker.limits;
    const seconds = (this.#options.clock.monotonic() - worker.startedAt) / 1000;
    if (seconds > secondsMax) {
      this.#options.log.error('worker went past its time limit', { ...worker.fields, secondsMax });
      worker.isOverLimit = true;
      await this.#end(worker);
      return;
    }
    const bytes = await residentBytes(worker.pid);
    if (bytes <= memoryBytesMax || worker.hasEnded) return;
    // Not asked first: a process that eats memory may not get round to answering before the machine is out of it.
    this.#options.log.error('worker went past its memory limit', {
      ...worker.fields,
      memoryBytesMax,
      residentBytes: bytes,
    });
    worker.isOverLimit = true;
    killGroup(worker.pid);
    await worker.ended;
  }

  async #end(worker: Worker): Promise<void> {
    if (worker.hasEnded) return;
    // The worker alone is asked: it ends its tools in an order that leaves nothing half done.
    worker.child.kill('SIGTERM');
    const grace = new AbortController();
    const patience = this.#options.clock
      .sleep(this.#options.graceMilliseconds ?? GRACE_MILLISECONDS, grace.signal)
      .catch(() => undefined);
    await Promise.race([worker.ended, patience]);
    grace.abort();
    killGroup(worker.pid);
    await worker.ended;
  }

  async #forgetEnded(): Promise<void> {
    if (this.#workers.size < ENDED_MAX) return;
    for (const [name, starting] of this.#workers) {
      const worker = await starting.catch(() => undefined);
      if (worker === undefined || worker.hasEnded) this.#workers.delete(name);
    }
  }
}

const nameOf = (jobId: string, attempt: number): string => `${jobId}.${attempt}`;

function spawned(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(cannotStart(name, cause.message, cause)));
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
}

const cannotStart = (name: string, reason: string, cause?: unknown): HoldfastError =>
  new HoldfastError('StorageUnavailable', `unable to start worker '${name}': ${reason}`, { worker: name }, { cause });

/** A group exists for as long as one member lives, so its number cannot have gone to somebody else meanwhile. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined || pid <= 1) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // No member is left: that is what was wanted.
  }
}
