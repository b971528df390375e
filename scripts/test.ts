// Runs everything that must hold (static checks, then every kind of test) and ends with one line that counts it all.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

import { z } from 'zod';

import { allChecks } from './checks/all-checks.ts';
import { reportChecks, type CheckReport } from './checks/static-check.ts';
import { readFloors } from './floors.ts';
import { runJest } from './jest-process.ts';
import { provideServers } from './provide-servers.ts';
import { repositoryRoot } from './repository-root.ts';
import { projectOf, testProjects, type TestProject } from './test-projects.ts';
import { summarize, summaryLine, type JestReport } from './test-summary.ts';

const allowedSkipsSchema = z.strictObject({
  skips: z.array(z.strictObject({ file: z.string(), title: z.string(), reason: z.string().min(10) })),
});

interface JestRun {
  readonly report: JestReport;
  readonly isPassed: boolean;
}

const summary = await testEverything();
process.stdout.write(`\n${summaryLine(summary)}\n`);
process.exitCode = summary.failed === 0 ? 0 : 1;

async function testEverything(): Promise<{ passed: number; failed: number; skipped: number }> {
  const floors = readFloors();
  heading('servers');
  await provideServers();
  heading('static checks');
  const checks = await reportChecks(allChecks, floors, availableParallelism());
  heading('tests');
  const runs = [
    await runProjects(
      testProjects.filter((project) => !project.isSerial),
      availableParallelism(),
    ),
    await runProjects(
      testProjects.filter((project) => project.isSerial),
      1,
    ),
  ];
  const { skips: allowedSkips } = allowedSkipsSchema.parse(readJson('test/allowed-skips.json'));
  const reports = runs.map((run) => run.report);
  const tests = summarize({ reports, root: repositoryRoot, projectOf, allowedSkips, floors: floors.tests });
  const complaints = [...tests.complaints];
  if (tests.failed === 0 && runs.some((run) => !run.isPassed)) {
    complaints.push('jest failed although no test did: see its output above');
  }
  process.stdout.write(
    `\n${Object.entries(tests.counts)
      .map(([project, count]) => `${project} ${count}`)
      .join(', ')}\n`,
  );
  process.stdout.write(complaints.map((complaint) => `FAIL  ${complaint}\n`).join(''));
  return {
    passed: tests.passed + checks.filter(isPassed).length,
    failed: tests.failed + complaints.length + checks.filter((check) => !isPassed(check)).length,
    skipped: tests.skipped,
  };
}

async function runProjects(projects: readonly TestProject[], workers: number): Promise<JestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-report-'));
  const reportFile = join(folder, 'report.json');
  // Without tests jest fails by itself; here the whole run decides, by the floors.
  const settings = ['--ci', '--passWithNoTests', `--maxWorkers=${workers}`, '--json', `--outputFile=${reportFile}`];
  try {
    const exitCode = await runJest([...settings, '--selectProjects', ...projects.map(({ name }) => name)], reportFile);
    const report = existsSync(reportFile) ? readReport(reportFile) : { testResults: [] };
    return { report, isPassed: exitCode === 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): JestReport {
  return JSON.parse(readFileSync(file, 'utf8')) as JestReport;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(repositoryRoot, file), 'utf8'));
}

function isPassed(check: CheckReport): boolean {
  return check.isPassed;
}

function heading(text: string): void {
  process.stdout.write(`\n== ${text}\n`);
}
