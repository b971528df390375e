// holdfast doctor: is everything in place? This machine first, then what the running platform depends on.

import { statSync } from 'node:fs';
import type { Command } from 'commander';
import type { CheckupView } from '../../lib/app/http/checkup.ts';
import { homeOf, recoveryRecipientFile, tokenFileOf } from '../../lib/app/home.ts';
import { EXIT, exitOf, failureOf } from '../failure.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { wordsOf } from '../words.ts';

type Check = CheckupView['checks'][number];

export function registerDoctor(parent: Command, run: Run): void {
  parent
    .command('doctor')
    .description('is everything in place? this machine, the configuration, and every source, location, key and channel')
    .action(run(doctor));
}

async function doctor(session: Session): Promise<number> {
  const checks = [
    checkNode(),
    ...(await checkConfigurationFile(session)),
    ...checkFiles(session),
    ...(await checkPlatform(session)),
  ];
  if (session.json) session.terminal.print(JSON.stringify({ isHealthy: checks.every(isFine), checks }, null, 2));
  else show(session, checks);
  const bad = checks.find((check) => !isFine(check));
  return bad === undefined ? EXIT.ok : exitOf(bad.code);
}

const isFine = (check: Check): boolean => check.verdict !== 'failed';
const NODE_MAJOR_MIN = 24;

function checkNode(): Check {
  const { node } = process.versions;
  const isNew = Number(node.split('.')[0]) >= NODE_MAJOR_MIN;
  return {
    subject: 'Node.js',
    verdict: isNew ? 'ok' : 'failed',
    detail: `${node}, at least ${NODE_MAJOR_MIN} is needed`,
  };
}

async function checkConfigurationFile({ config, lang }: Session): Promise<readonly Check[]> {
  const { readConfiguration } = await import('../../lib/app/wiring.ts');
  try {
    const { stores, skipped, warnings } = readConfiguration(config);
    const detail = `${wordsOf(lang).stores(stores.length)}, ${skipped.length} skipped, warnings: ${warnings.length}`;
    return [
      {
        subject: 'configuration',
        verdict: warnings.length === 0 ? 'ok' : 'warning',
        detail,
        ...(warnings.length > 0 && { hint: 'holdfast policy validate' }),
      },
    ];
  } catch (error) {
    return [failedCheck('configuration', error)];
  }
}

/** The token is a key to everything: nobody else may read it. */
function checkFiles({ config, environment }: Session): readonly Check[] {
  const home = homeOf(config);
  const token = environment['HOLDFAST_TOKEN_FILE'] ?? tokenFileOf(home);
  return [checkSecretFile('token file', token), checkPresence('recovery key', recoveryRecipientFile(home))];
}

const OTHERS = 0o077;

function checkSecretFile(subject: string, file: string): Check {
  const mode = modeOf(file);
  if (mode === undefined)
    return {
      subject,
      verdict: 'failed',
      detail: `${file} is missing`,
      code: 'NOT_FOUND',
      hint: 'Run "holdfast init"; it makes what is missing and changes nothing else.',
    };
  if ((mode & OTHERS) !== 0)
    return {
      subject,
      verdict: 'failed',
      detail: `${file} can be read by others`,
      code: 'FORBIDDEN',
      hint: `chmod 600 ${file}`,
    };
  return { subject, verdict: 'ok', detail: file };
}

function checkPresence(subject: string, file: string): Check {
  return modeOf(file) === undefined
    ? {
        subject,
        verdict: 'warning',
        detail: `${file} is missing: whoever loses the key file loses every backup`,
        hint: 'Run "holdfast init"; it makes what is missing and changes nothing else.',
      }
    : { subject, verdict: 'ok', detail: 'the public half is here; the private half must lie somewhere else' };
}

function modeOf(file: string): number | undefined {
  try {
    return statSync(file).mode;
  } catch {
    return undefined;
  }
}

async function checkPlatform(session: Session): Promise<readonly Check[]> {
  try {
    const api = session.api();
    await api.get('/readyz');
    const { checks } = await api.post<CheckupView>('/api/v1/checkup');
    return [{ subject: 'API', verdict: 'ok', detail: api.url }, ...checks];
  } catch (error) {
    return [failedCheck('API', error)];
  }
}

function failedCheck(subject: string, error: unknown): Check {
  const failure = failureOf(error, 'en');
  const [item] = failure.items;
  return {
    subject,
    verdict: 'failed',
    detail: item?.detail ?? '',
    ...(item !== undefined && { code: item.code }),
    hint: failure.hint,
  };
}

const MARKS = { ok: '✓', warning: '!', failed: '✗' } as const;
const COLOURS = { ok: 'green', warning: 'yellow', failed: 'red' } as const;

function show({ terminal, lang, self }: Session, checks: readonly Check[]): void {
  const width = Math.max(...checks.map((check) => check.subject.length));
  for (const { subject, verdict, detail, hint, code } of checks) {
    const [first = '', ...rest] = detail.split('\n');
    const codeText = code === undefined ? '' : `${code}: `;
    terminal.print(
      `${terminal.colour(COLOURS[verdict], MARKS[verdict])} ${subject.padEnd(width)}  ${codeText}${first}`,
    );
    for (const line of rest) terminal.print(`  ${line}`);
    if (verdict !== 'ok' && hint !== undefined && hint !== '')
      terminal.print(terminal.colour('dim', `  ${' '.repeat(width)}  → ${hint}`));
  }
  const bad = checks.filter((check) => !isFine(check)).length;
  terminal.tell();
  terminal.tell(
    bad === 0
      ? `${wordsOf(lang).next} ${self} status`
      : `${bad} of ${checks.length} checks failed. ${wordsOf(lang).next} mend the first one, then ${self} doctor`,
  );
}
