// Runs dependency-cruiser with the project's rules over a tree, which may be the project or an example of one.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { packageProgram } from '../package-program.ts';
import { repositoryRoot } from '../repository-root.ts';
import { runProcess } from '../run-process.ts';

const sourceFolders = ['lib', 'functions', 'cli', 'scripts', 'test', 'bench', 'examples'];

export interface ImportViolation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

export interface CruiseOutcome {
  readonly modulesSeen: number;
  readonly violations: readonly ImportViolation[];
}

interface CruiserReport {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { rule: { name: string }; from: string; to: string }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { name: string; comment: string }[] };
  };
}

/** Paths in the outcome are relative to the tree. A tree without any source folder has no modules and no violations. */
export async function cruise(tree: string): Promise<CruiseOutcome> {
  const folders = sourceFolders.filter((folder) => existsSync(join(tree, folder)));
  if (folders.length === 0) {
    return { modulesSeen: 0, violations: [] };
  }
  const config = join(repositoryRoot, '.dependency-cruiser.cjs');
  const program = packageProgram('dependency-cruiser', 'depcruise');
  const settings = ['--config', config, '--output-type', 'json', ...folders];
  const result = await runProcess(process.execPath, [program, ...settings], { cwd: tree });
  if (!result.stdout.startsWith('{')) {
    throw new Error(`dependency-cruiser did not run in '${tree}': ${result.stdout}${result.stderr}`);
  }
  const { summary } = JSON.parse(result.stdout) as CruiserReport;
  const reasons = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment]));
  const violations = summary.violations.map(({ rule, from, to }) => ({
    rule: rule.name,
    from,
    to,
    reason: reasons.get(rule.name) ?? '',
  }));
  return { modulesSeen: summary.totalCruised, violations };
}
