// The common shape of a static check and the way its outcome is shown.
import { complaintBelowFloor, type Floors } from '../floors.ts';

export interface CheckOutcome {
  /** How many files the checker really read: a silent zero must be an error. */
  readonly filesSeen: number;
  /** One line per finding, each naming its place. */
  readonly problems: readonly string[];
}

export interface StaticCheck {
  readonly name: string;
  run(): Promise<CheckOutcome>;
}

export interface CheckReport {
  readonly name: string;
  readonly isPassed: boolean;
}

/** A broken import can cause hundreds of findings; the first ones name the cause. */
const problemsShownMax = 80;

/** Runs one check, prints its line and findings, and turns a crash of the checker into a failed check. */
async function reportCheck(check: StaticCheck, floors: Floors): Promise<CheckReport> {
  const startedAt = performance.now();
  const outcome = await check
    .run()
    .catch((error: unknown): CheckOutcome => ({ filesSeen: 0, problems: [String(error)] }));
  const complaint = complaintBelowFloor(check.name, outcome.filesSeen, floors.files[check.name]);
  const problems = complaint === undefined ? outcome.problems : [...outcome.problems, complaint];
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const verdict = problems.length === 0 ? 'ok  ' : 'FAIL';
  const head = `${verdict}  ${check.name.padEnd(12)} ${String(outcome.filesSeen).padStart(5)} seen  ${seconds} s`;
  const hidden = problems.length - problemsShownMax;
  const lines = [head, ...problems.slice(0, problemsShownMax), ...(hidden > 0 ? [`… and ${hidden} more`] : [])];
  process.stdout.write(`${lines.join('\n')}\n`);
  return { name: check.name, isPassed: problems.length === 0 };
}

/** Runs the checks, a few at a time, in the given order of starting. */
export async function reportChecks(
  checks: readonly StaticCheck[],
  floors: Floors,
  atOnce: number,
): Promise<readonly CheckReport[]> {
  const waiting = [...checks];
  const reports: CheckReport[] = [];
  async function work(): Promise<void> {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      reports.push(await reportCheck(check, floors));
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return reports;
}
