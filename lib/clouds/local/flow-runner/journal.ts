// What is durable of executions: one row per execution, one per state being worked on or left, one event per thing that happened.

import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';

import type { JsonValue } from '../../../domain/json.ts';
import { FLOW_BOUNDS } from '../../../flows/bounds.ts';
import type { ExecutionStatus } from '../../../ports/flow-runner.ts';
import { Halted, machineFault } from './failure.ts';
import { openJournalFile, withoutForeignErrors } from './journal-file.ts';

/** How a state was left: with an output and perhaps a next state, or with a failure that nothing inside caught. */
export type Outcome =
  | { readonly output: JsonValue; readonly next?: string }
  | { readonly error: string; readonly cause: string; readonly isCatchable: boolean };

export interface StateRow {
  readonly attempt: number;
  /** When the next try or the end of a wait is due, milliseconds since the epoch. */
  readonly dueAt: number | undefined;
  readonly outcome: Outcome | undefined;
}

export interface ExecutionRow {
  readonly id: string;
  readonly machine: string;
  readonly name: string;
  readonly input: string;
  readonly definition: string;
  readonly status: ExecutionStatus;
  readonly output: string | undefined;
  readonly error: { readonly name: string; readonly cause: string } | undefined;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}

export interface EventRow {
  readonly at: number;
  readonly path: string;
  readonly what: EventKind;
  readonly data: JsonValue;
}

export type EventKind =
  'started' | 'entered' | 'waiting' | 'retrying' | 'left' | 'caught' | 'failed' | 'succeeded' | 'stopped';

/** One state of one execution at one instant: what every entry of the journal is about. */
export interface Spot {
  readonly execution: string;
  readonly path: string;
  readonly at: number;
}

export type Ending =
  | { readonly status: 'succeeded'; readonly output: string }
  | { readonly status: 'failed' | 'stopped'; readonly error: string; readonly cause: string };

/** Executions whose events are kept after their end: one goes out for each that comes in. */
const HISTORIES_MAX = 1000;

type Row = Readonly<Record<string, SQLOutputValue>>;

/** Every method that writes is one commit, durable when it returns, and changes nothing of an execution that has ended. */
export class Journal {
  readonly #file: string;
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#file = file;
    this.#database = openJournalFile(file);
  }

  close(): void {
    this.#database.close();
  }

  nameDriver(name: string): void {
    this.#commit(() => this.#run('INSERT OR REPLACE INTO driver VALUES (1, ?)', name));
  }

  driverName(): string | undefined {
    return textOf(this.#get('SELECT name FROM driver')?.['name']);
  }

  /** Writes the execution with its definition unless the id is taken. True when it was written. */
  begin(row: Pick<ExecutionRow, 'id' | 'machine' | 'name' | 'input' | 'definition' | 'startedAt'>): boolean {
    const hash = createHash('sha256').update(row.definition).digest('hex');
    return this.#commit(() => {
      this.#run('INSERT OR IGNORE INTO definition VALUES (?, ?)', hash, row.definition);
      const isNew = this.#run(
        `INSERT OR IGNORE INTO execution (id, machine, name, input, definition, status, started_at) VALUES (?, ?, ?, ?, ?, 'running', ?)`,
        ...[row.id, row.machine, row.name, row.input, hash, row.startedAt],
      );
      if (isNew)
        this.#note({ execution: row.id, path: '', at: row.startedAt }, 'started', JSON.parse(row.input) as JsonValue);
      return isNew;
    });
  }

  execution(id: string): ExecutionRow | undefined {
    const row = this.#get(`${SELECT_EXECUTION} WHERE id = ?`, id);
    return row === undefined ? undefined : executionOf(row);
  }

  /** Newest first. */
  executions(filter: {
    machine?: string | undefined;
    status?: ExecutionStatus | undefined;
    limit: number;
  }): readonly ExecutionRow[] {
    return this.#all(
      `${SELECT_EXECUTION} WHERE (?1 IS NULL OR machine = ?1) AND (?2 IS NULL OR status = ?2) ORDER BY sequence DESC LIMIT ?3`,
      ...[filter.machine ?? null, filter.status ?? null, filter.limit],
    ).map(executionOf);
  }

  /** Oldest first, so that after a start they go on in the order in which they began. */
  runningIds(): readonly string[] {
    return this.#all(`SELECT id FROM execution WHERE status = 'running' ORDER BY sequence`).map((row) =>
      String(row['id']),
    );
  }

  /** The end of an execution: its states are no longer needed. False when it had ended before. */
  end(execution: string, at: number, ending: Ending): boolean {
    return this.#commit(() => {
      const { output, error, cause } = { output: null, error: null, cause: null, ...ending };
      const hasEnded = this.#run(
        `UPDATE execution SET status = ?, output = ?, error = ?, cause = ?, ended_at = ? WHERE id = ? AND status = 'running'`,
        ...[ending.status, output, error, cause, at, execution],
      );
      if (!hasEnded) return false;
      this.#run('DELETE FROM state WHERE execution = ?', execution);
      this.#note({ execution, path: '', at }, ending.status, ending.status === 'succeeded' ? null : { error, cause });
      this.#run(
        `DELETE FROM event WHERE execution =
          (SELECT id FROM execution WHERE status <> 'running' ORDER BY sequence DESC LIMIT 1 OFFSET ${HISTORIES_MAX})`,
      );
      return true;
    });
  }

  state(execution: string, path: string): StateRow | undefined {
    const row = this.#get(
      'SELECT attempt, due_at, outcome FROM state WHERE execution = ? AND path = ?',
      execution,
      path,
    );
    if (row === undefined) return undefined;
    const outcome = textOf(row['outcome']);
    return {
      attempt: Number(row['attempt']),
      dueAt: row['due_at'] === null ? undefined : Number(row['due_at']),
      outcome: outcome === undefined ? undefined : (JSON.parse(outcome) as Outcome),
    };
  }

  /** @throws StateFailure WorkerLimitExceeded when the execution has entered too many states */
  enter(spot: Spot): void {
    this.#change(spot, () => {
      this.#run('INSERT INTO state (execution, path) VALUES (?, ?)', spot.execution, spot.path);
      this.#run('UPDATE execution SET states = states + 1 WHERE id = ?', spot.execution);
      const states = Number(this.#get('SELECT states FROM execution WHERE id = ?', spot.execution)?.['states']);
      if (states > FLOW_BOUNDS.statesMax) {
        throw machineFault(
          'WorkerLimitExceeded',
          `entered more than ${FLOW_BOUNDS.statesMax} states: cut the flow into several executions`,
        );
      }
      this.#note(spot, 'entered', null);
    });
  }

  /** Keeps when the state goes on: after a failed try, or after a wait. Overwrites, so that a long poll stays one row and one event. */
  delay(spot: Spot, what: 'retrying' | 'waiting', delay: { attempt: number; dueAt: number }, data: JsonValue): void {
    this.#change(spot, () => {
      this.#run(
        'UPDATE state SET attempt = ?, due_at = ? WHERE execution = ? AND path = ?',
        ...[delay.attempt, delay.dueAt, spot.execution, spot.path],
      );
      this.#note(spot, what, data);
    });
  }

  /** The state is done, and with it everything inside: a finished Map is one row. */
  leave(spot: Spot, what: 'left' | 'caught' | 'failed', outcome: Outcome): void {
    this.#change(spot, () => {
      this.#run(
        'UPDATE state SET outcome = ? WHERE execution = ? AND path = ?',
        JSON.stringify(outcome),
        spot.execution,
        spot.path,
      );
      // Paths inside begin with 'Map[': everything from there up to the character after the bracket.
      this.#run(
        'DELETE FROM state WHERE execution = ? AND path >= ? AND path < ?',
        spot.execution,
        `${spot.path}[`,
        `${spot.path}\\`,
      );
      this.#note(spot, what, outcome);
    });
  }

  /** Outermost first. */
  activePaths(execution: string): readonly string[] {
    return this.#all('SELECT path FROM state WHERE execution = ? AND outcome IS NULL ORDER BY path', execution).map(
      (row) => String(row['path']),
    );
  }

  events(execution: string): readonly EventRow[] {
    return this.#all('SELECT at, path, what, data FROM event WHERE execution = ? ORDER BY sequence', execution).map(
      (row) => ({
        at: Number(row['at']),
        path: String(row['path']),
        what: row['what'] as EventKind,
        data: JSON.parse(String(row['data'])) as JsonValue,
      }),
    );
  }

  /** A stop is such a commit too, so work that has not heard of it yet can write nothing any more. */
  #change(spot: Spot, work: () => void): void {
    this.#commit(() => {
      if (this.#get(`SELECT 1 FROM execution WHERE id = ? AND status = 'running'`, spot.execution) === undefined) {
        throw new Halted(`execution '${spot.execution}' has ended`);
      }
      work();
    });
  }

  #note(spot: Spot, what: EventKind, data: JsonValue): void {
    this.#run(
      'INSERT OR REPLACE INTO event (execution, at, path, what, data) VALUES (?, ?, ?, ?, ?)',
      ...[spot.execution, spot.at, spot.path, what, JSON.stringify(data)],
    );
  }

  #commit<T>(work: () => T): T {
    return withoutForeignErrors(this.#file, () => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** True when a row was changed. */
  #run(sql: string, ...values: SQLInputValue[]): boolean {
    return Number(this.#database.prepare(sql).run(...values).changes) > 0;
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return withoutForeignErrors(this.#file, () => this.#database.prepare(sql).get(...values));
  }

  #all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return withoutForeignErrors(this.#file, () => this.#database.prepare(sql).all(...values));
  }
}

const SELECT_EXECUTION = `
  SELECT id, machine, name, input, text, status, output, error, cause, started_at, ended_at
  FROM execution JOIN definition ON hash = definition`;

function executionOf(row: Row): ExecutionRow {
  const error = textOf(row['error']);
  return {
    id: String(row['id']),
    machine: String(row['machine']),
    name: String(row['name']),
    input: String(row['input']),
    definition: String(row['text']),
    status: row['status'] as ExecutionStatus,
    output: textOf(row['output']),
    error: error === undefined ? undefined : { name: error, cause: textOf(row['cause']) ?? '' },
    startedAt: Number(row['started_at']),
    endedAt: row['ended_at'] === null ? undefined : Number(row['ended_at']),
  };
}

const textOf = (value: SQLOutputValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;
