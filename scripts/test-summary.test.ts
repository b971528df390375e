// Tests the verdict over a whole run: a green line must be impossible to get by tests that did not run.
import { describe, expect, test } from '@jest/globals';

import { summarize, summaryLine, type JestReport, type SummaryInput } from './test-summary.ts';

describe('summary of a test run', () => {
  test('passed and failed tests - both are counted', () => {
    const summary = summarize(aRun({ reports: [aReport(['passed', 'passed', 'failed'])] }));

    expect(summary).toEqual({ counts: { unit: 2 }, passed: 2, failed: 1, skipped: 0, complaints: [] });
  });

  test('a file that could not be loaded - counts as one failure', () => {
    const broken = { name: '/project/lib/b.test.ts', status: 'failed', message: 'syntax error', assertionResults: [] };

    const summary = summarize(aRun({ reports: [aReport(['passed']), { testResults: [broken] }] }));

    expect(summary.failed).toBe(1);
  });

  test('no test at all - is a complaint', () => {
    expect(summarize(aRun({ reports: [] })).complaints).toHaveLength(1);
    expect(summarize(aRun({ reports: [aReport([])] })).complaints).toHaveLength(1);
  });

  test.each(['pending', 'todo', 'disabled'])('%s and not on the list - is a complaint', (status) => {
    const summary = summarize(aRun({ reports: [aReport(['passed', status])] }));

    expect(summary.skipped).toBe(1);
    expect(summary.complaints).toEqual([expect.stringContaining('allowed-skips.json')]);
  });

  test('a skip on the list, by title or by its beginning - is allowed', () => {
    const byTitle = { file: 'lib/a.test.ts', title: 'test 1', reason: 'no server' };
    const reports = [aReport(['passed', 'pending'])];

    expect(summarize(aRun({ reports, allowedSkips: [byTitle] })).complaints).toEqual([]);
    expect(summarize(aRun({ reports, allowedSkips: [{ ...byTitle, title: 'test*' }] })).complaints).toEqual([]);
    expect(summarize(aRun({ reports, allowedSkips: [{ ...byTitle, title: 'tes' }] })).complaints).toHaveLength(1);
    expect(summarize(aRun({ reports, allowedSkips: [{ ...byTitle, file: 'lib/b.test.ts' }] })).complaints).toHaveLength(
      1,
    );
  });

  test('fewer tests of a project than its floor - is a complaint', () => {
    const reports = [aReport(['passed', 'passed'])];

    expect(summarize(aRun({ reports, floors: { unit: 2 } })).complaints).toEqual([]);
    expect(summarize(aRun({ reports, floors: { unit: 3 } })).complaints).toEqual([expect.stringContaining("'unit'")]);
    expect(summarize(aRun({ reports, floors: { flow: 1 } })).complaints).toHaveLength(1);
  });

  test('the last line - names skipped tests only when there are some', () => {
    expect(summaryLine({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
    expect(summaryLine({ passed: 3, failed: 1, skipped: 2 })).toBe('3 passed, 1 failed, 2 skipped');
  });
});

function aReport(statuses: readonly string[]): JestReport {
  const assertionResults = statuses.map((status, index) => ({ status, fullName: `test ${index}` }));
  const status = statuses.includes('failed') ? 'failed' : 'passed';
  return { testResults: [{ name: '/project/lib/a.test.ts', status, message: '', assertionResults }] };
}

function aRun(parts: Partial<SummaryInput>): SummaryInput {
  return { reports: [], root: '/project', projectOf: () => 'unit', allowedSkips: [], floors: {}, ...parts };
}
