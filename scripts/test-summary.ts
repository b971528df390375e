// Turns jest's reports into one verdict: what passed, what failed, and which tests did not run although nobody allowed that.
import { complaintBelowFloor, type Floors } from './floors.ts';

/** The part of jest's JSON report that is read here. */
export interface JestReport {
  readonly testResults: readonly JestFile[];
}

interface JestFile {
  /** Absolute path. */
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

export interface AllowedSkip {
  /** Path relative to the repository. */
  readonly file: string;
  /** The full title (describe blocks included); a `*` at its end stands for any rest. */
  readonly title: string;
  readonly reason: string;
}

export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** How many tests of each project gave a verdict or were allowed not to: what the floors are compared with. */
  readonly counts: Readonly<Record<string, number>>;
  /** Reasons to fail that no single test shows. */
  readonly complaints: readonly string[];
}

export interface SummaryInput {
  readonly reports: readonly JestReport[];
  readonly root: string;
  readonly projectOf: (file: string) => string | undefined;
  readonly allowedSkips: readonly AllowedSkip[];
  readonly floors: Floors['tests'];
}

export function summarize(input: SummaryInput): TestSummary {
  const files = input.reports.flatMap((report) => report.testResults);
  const tests = files.flatMap((file) =>
    file.assertionResults.map(({ status, fullName }) => ({
      file: relativeTo(input.root, file.name),
      status,
      fullName,
    })),
  );
  const passed = tests.filter((test) => test.status === 'passed');
  const failed = tests.filter((test) => test.status === 'failed');
  // Pending, todo and whatever jest may call it: a test that gave no verdict did not run.
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
  // A file that cannot be loaded has no tests to count, and must not pass for that.
  const broken = files.filter((file) => file.status === 'failed' && !file.assertionResults.some(isFailed));

  const counts = countsOf(input, [...passed, ...skipped]);
  return {
    counts,
    passed: passed.length,
    failed: failed.length + broken.length,
    skipped: skipped.length,
    complaints: [
      ...(tests.length === 0 ? ['no test was found: a run without tests proves nothing'] : []),
      ...skipped
        .filter((test) => !input.allowedSkips.some((allowed) => isAllowed(allowed, test)))
        .map((test) => `${test.file}: '${test.fullName}' was skipped and is not in test/allowed-skips.json`),
      ...complaintsAboutFloors(input.floors, counts),
    ],
  };
}

/** The one line that whoever started the run can rely on. */
export function summaryLine({ passed, failed, skipped }: Pick<TestSummary, 'passed' | 'failed' | 'skipped'>): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Allowed skips count as seen: a machine without a server must not fall below the floor of one that has it. */
function countsOf(input: SummaryInput, seen: readonly { file: string }[]): Readonly<Record<string, number>> {
  const projects = [...Object.keys(input.floors), ...seen.map((test) => input.projectOf(test.file) ?? 'none')];
  const counts = Object.fromEntries(projects.map((project) => [project, 0]));
  for (const test of seen) counts[input.projectOf(test.file) ?? 'none']! += 1;
  return counts;
}

function complaintsAboutFloors(floors: Floors['tests'], counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(floors).flatMap(
    ([project, floor]) => complaintBelowFloor(`tests of '${project}'`, counts[project] ?? 0, floor) ?? [],
  );
}

function isAllowed(allowed: AllowedSkip, test: { file: string; fullName: string }): boolean {
  const isTitle = allowed.title.endsWith('*')
    ? test.fullName.startsWith(allowed.title.slice(0, -1))
    : test.fullName === allowed.title;
  return allowed.file === test.file && isTitle;
}

function isFailed(test: { status: string }): boolean {
  return test.status === 'failed';
}

function relativeTo(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}
