// The dead code check: files, exports and dependencies that nothing uses.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageProgram } from '../package-program.ts';
import { repositoryRoot } from '../repository-root.ts';
import { runProcess } from '../run-process.ts';
import type { StaticCheck } from './static-check.ts';

type Finding = { name: string; line?: number } | readonly { name: string }[];

interface KnipReport {
  readonly issues: readonly ({ file: string } & Record<string, string | readonly Finding[]>)[];
}

export const deadCode: StaticCheck = {
  name: 'dead-code',
  async run() {
    const result = await runProcess(process.execPath, [packageProgram('knip'), '--reporter', 'json'], {
      cwd: repositoryRoot,
    });
    if (!result.stdout.startsWith('{')) {
      throw new Error(`knip did not run: ${result.stdout}${result.stderr}`);
    }
    const { issues } = JSON.parse(result.stdout) as KnipReport;
    return { filesSeen: countProjectFiles(), problems: issues.flatMap(describe) };
  },
};

function describe(issue: KnipReport['issues'][number]): string[] {
  return Object.entries(issue).flatMap(([kind, findings]) =>
    typeof findings === 'string'
      ? []
      : findings.flat().map((finding) => `${issue.file}: unused or missing: ${finding.name} (knip: ${kind})`),
  );
}

/** Knip does not say how many files it read, so the floor is held against the files that its settings select. */
function countProjectFiles(): number {
  const settings = JSON.parse(readFileSync(join(repositoryRoot, 'knip.json'), 'utf8')) as { project: string[] };
  const taken = settings.project.filter((glob) => !glob.startsWith('!'));
  const left = settings.project.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
  return globSync(taken, { cwd: repositoryRoot, exclude: left }).length;
}
