// Runs the static checks: layout, types, lint, import rules, dead code, generated documents.
import { availableParallelism } from 'node:os';

import { allChecks } from './checks/all-checks.ts';
import { reportChecks } from './checks/static-check.ts';
import { readFloors } from './floors.ts';

const wanted = process.argv.slice(2);
const checks = allChecks.filter((check) => wanted.length === 0 || wanted.includes(check.name));
const reports = await reportChecks(checks, readFloors(), availableParallelism());
const failed = reports.filter((report) => !report.isPassed);
process.stdout.write(`${reports.length - failed.length} checks passed, ${failed.length} failed\n`);
// No check at all is a misspelt name on the command line, not a success.
process.exitCode = failed.length === 0 && reports.length > 0 ? 0 : 1;
