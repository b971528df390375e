// Starts jest as a child with the flags that ESM tests need, for the whole suite and for one file alike.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

import { packageProgram } from './package-program.ts';
import { repositoryRoot } from './repository-root.ts';

const exitSecondsMax = 30;

/**
 * Runs jest with the given arguments and returns its exit code; output goes to the caller's terminal.
 * With a report file, a jest that wrote its report and still does not end (a test left a server or a timer behind) is
 * killed after a while and has failed.
 */
export async function runJest(jestArguments: readonly string[], reportFile?: string): Promise<number> {
  const nodeOptions = [
    process.env['NODE_OPTIONS'],
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
  ];
  const child = spawn(process.execPath, [packageProgram('jest'), ...jestArguments], {
    cwd: repositoryRoot,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: nodeOptions.filter(Boolean).join(' ') },
  });
  let secondsSinceReport = 0;
  const watch = setInterval(() => {
    secondsSinceReport += reportFile !== undefined && existsSync(reportFile) ? 1 : 0;
    if (secondsSinceReport > exitSecondsMax) {
      process.stdout.write('jest did not end after its last test: a test left something open\n');
      child.kill('SIGKILL');
    }
  }, 1000);
  return await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  }).finally(() => clearInterval(watch));
}
