// Runs a program with an argument list, never through a shell, and hands back what it said and how it ended.
import { spawn } from 'node:child_process';

export interface ProcessResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutSeconds?: number;
  /** Starts the program as another user; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Rejects only when the program cannot be started; a failing program is an ordinary answer with its exit code. */
export async function runProcess(
  program: string,
  programArguments: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const child = spawn(program, programArguments, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 }),
    ...options.user,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    // A program that a signal ended has no code; it has not succeeded.
    child.once('close', (code) => resolve(code ?? 1));
  });
  return { exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

/** Like runProcess, for programs whose failure is an error of the caller. */
export async function runProcessOrThrow(
  program: string,
  programArguments: readonly string[],
  options: ProcessOptions = {},
): Promise<string> {
  const result = await runProcess(program, programArguments, options);
  if (result.exitCode !== 0) {
    const said = `${result.stdout}\n${result.stderr}`.trim();
    throw new Error(`unable to run '${program} ${programArguments.join(' ')}': exit code ${result.exitCode}\n${said}`);
  }
  return result.stdout;
}
