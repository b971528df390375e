// Runs a client program without a shell. Its output is worth nothing before its exit code is 0 (trap 1: the end of stdout is no success).

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import { HoldfastError } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { oneLine } from '../../../protocols/postgresql/server-error.ts';
import type { ToolEnvironment } from './tool-environment.ts';

export interface ToolCommand {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly environment: ToolEnvironment;
  readonly folder: string;
  readonly signal: AbortSignal;
}

const KILL_AFTER_MILLISECONDS = 5000;
/** Lines that announce a failure even when the exit code denies it. */
const FAILURE_LINE = /\b(error|fatal|panic):/i;
/** pg_restore's count of the errors it went on after. */
const ONE_ERROR_LINE = /errors ignored on restore: 1$/;
const AUTHENTICATION_LINE =
  /(password authentication failed|no password supplied|no pg_hba\.conf entry|role ".*" does not exist)/;
const CONNECTION_LINE =
  /(could not connect|Connection refused|could not translate host name|server closed the connection|timeout expired|terminating connection)/;
const PRIVILEGE_LINE = /permission denied/;

export class ToolProcess {
  readonly #command: ToolCommand;
  readonly #child: ChildProcess;
  readonly #ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly startError: Error | undefined;
  }>;
  #said = Buffer.alloc(0);

  constructor(command: ToolCommand) {
    this.#command = command;
    this.#child = spawn(command.path, command.args, {
      shell: false,
      cwd: command.folder,
      env: command.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let startError: Error | undefined;
    this.#child.once('error', (error) => {
      startError = error;
    });
    // Whoever writes to a program that has ended learns of it by its exit code.
    this.stdin.on('error', () => undefined);
    this.#child.stderr?.on('data', (piece: Buffer) => {
      if (this.#said.length < LIMITS.toolMessageBytesMax) this.#said = Buffer.concat([this.#said, piece]);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal, startError }));
    });
    command.signal.addEventListener('abort', this.#stop, { once: true });
    if (command.signal.aborted) this.#stop();
  }

  get stdin(): Writable {
    return this.#child.stdin as Writable;
  }

  get stdout(): Readable {
    return this.#child.stdout as Readable;
  }

  /** It has ended, and not well: feeding it on is of no use. */
  get hasFailed(): boolean {
    const { exitCode, signalCode } = this.#child;
    return signalCode !== null || (exitCode !== null && exitCode !== 0);
  }

  /**
   * Gives it bytes and waits until it has taken them; a program that has closed its input takes nothing. The bytes may change afterwards.
   */
  async feed(bytes: Uint8Array): Promise<void> {
    if (!this.stdin.writable) return;
    await new Promise<void>((resolve) => {
      this.stdin.write(bytes, () => resolve());
    });
  }

  /**
   * The last thing to await. Returns what the tool warned of.
   *
   * @param tolerated one error that is none: when it is the only one, exit code 1 of a tool that went on to the end counts as 0
   * @throws DumpToolFailed and what its words say, ExecutionStopped
   */
  async succeeded(tolerated?: RegExp): Promise<readonly string[]> {
    const { code, signal, startError } = await this.#ended;
    const { name } = this.#command;
    this.#command.signal.removeEventListener('abort', this.#stop);
    if (this.#command.signal.aborted) throw new HoldfastError('ExecutionStopped', `stopped while ${name} ran`);
    if (startError) {
      const facts = { tool: name };
      throw new HoldfastError('DumpToolMissing', `unable to start ${name}: ${startError.message}`, facts, {
        cause: startError,
      });
    }
    const lines = this.#said
      .toString('utf8')
      .split('\n')
      .map(oneLine)
      .filter((line) => line !== '');
    const failures = lines.filter((line) => FAILURE_LINE.test(line));
    const isTolerated =
      code === 1 &&
      failures.length === 1 &&
      tolerated?.test(failures[0] ?? '') === true &&
      lines.some((line) => ONE_ERROR_LINE.test(line));
    if (isTolerated) return [];
    if (code !== 0 || failures.length > 0)
      throw this.#failed(code, signal, failures[0] ?? lines.at(-1) ?? 'it said nothing');
    return lines;
  }

  /** Ends it and waits until it has; for callers that failed on their own side. */
  async kill(): Promise<void> {
    this.#stop();
    await this.#ended;
  }

  #failed(code: number | null, signal: NodeJS.Signals | null, line: string): HoldfastError {
    const { name } = this.#command;
    const errorName = AUTHENTICATION_LINE.test(line)
      ? 'SourceAuthenticationFailed'
      : CONNECTION_LINE.test(line)
        ? 'SourceUnreachable'
        : PRIVILEGE_LINE.test(line)
          ? 'SourcePrivilegeMissing'
          : 'DumpToolFailed';
    const ending = signal === null ? `exit code ${code ?? -1}` : `signal ${signal}`;
    return new HoldfastError(errorName, `${name} failed with ${ending}: ${line}`, {
      tool: name,
      exitCode: code ?? undefined,
      signal: signal ?? undefined,
    });
  }

  readonly #stop = (): void => {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MILLISECONDS).unref();
  };
}
