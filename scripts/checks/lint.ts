// The lint check: typed rules over every source file.
import { relative } from 'node:path';

import { packageProgram } from '../package-program.ts';
import { repositoryRoot } from '../repository-root.ts';
import { runProcess } from '../run-process.ts';
import type { StaticCheck } from './static-check.ts';

interface LintedFile {
  readonly filePath: string;
  readonly messages: readonly { line?: number; column?: number; message: string; ruleId: string | null }[];
}

export const lint: StaticCheck = {
  name: 'lint',
  async run() {
    const settings = ['--format', 'json', '--max-warnings', '0', '.'];
    // No result cache: typed rules depend on other files, and a cached verdict would outlive a change of those.
    const result = await runProcess(process.execPath, [packageProgram('eslint'), ...settings], { cwd: repositoryRoot });
    if (!result.stdout.startsWith('[')) {
      throw new Error(`eslint did not run: ${result.stdout}${result.stderr}`);
    }
    const files = JSON.parse(result.stdout) as readonly LintedFile[];
    return { filesSeen: files.length, problems: withoutEchoes(files.flatMap(describe)) };
  },
};

function describe(file: LintedFile): string[] {
  const path = relative(repositoryRoot, file.filePath);
  return file.messages.map(
    ({ line, column, message, ruleId }) =>
      `${path}:${line ?? 0}:${column ?? 0} ${message} (${ruleId ?? 'not readable'})`,
  );
}

/** What does not compile makes every use of it a finding; the type check names the cause, so these are only counted. */
function withoutEchoes(problems: readonly string[]): string[] {
  const echo = /error typed|of type error|(could not|cannot) be resolved/;
  const causes = problems.filter((problem) => !echo.test(problem));
  const echoes = problems.length - causes.length;
  return echoes === 0
    ? causes
    : [...causes, `${echoes} findings because of types that do not resolve: see the type check`];
}
