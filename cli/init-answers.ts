// What init has to know, from options or by asking, and the configuration it becomes.

import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { usageFailure } from './failure.ts';
import type { Session } from './session.ts';

export interface InitOptions {
  readonly dir: string;
  readonly country?: string;
  readonly secondLocation?: string;
  readonly schedule?: string;
  readonly postgresql?: string;
  readonly credentialRef?: string;
  readonly files?: readonly string[];
  readonly timeZone?: string;
  /** True with --non-interactive. */
  readonly nonInteractive?: boolean;
}

export interface InitAnswers {
  readonly country: string;
  readonly timeZone: string;
  readonly secondLocation: string;
  readonly schedule: string;
  readonly postgresql: string | undefined;
  readonly credentialRef: string | undefined;
  readonly files: readonly string[];
}

const SCHEDULE_DEFAULT = '0 2 * * *';
const SECOND_DEFAULT = './backups/second';

/** Asks for what no option said; with --non-interactive or without a terminal the rest is taken as it is by default. */
export async function initAnswers(session: Session, options: InitOptions): Promise<InitAnswers> {
  const ask = session.canAsk && options.nonInteractive !== true ? asker() : undefined;
  try {
    const where = await askWhere(ask, options);
    const what = await askWhat(ask, options);
    return { ...where, ...what, timeZone: options.timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone };
  } finally {
    ask?.close();
  }
}

async function askWhere(ask: Asker | undefined, options: InitOptions) {
  const country =
    options.country ??
    (await ask?.('Country this machine stands in (two letters)', 'RU')) ??
    missing('--country', 'RU');
  const secondLocation =
    options.secondLocation ??
    (await ask?.('Second location: another disk or a mounted share', SECOND_DEFAULT)) ??
    missing('--second-location', '/mnt/other-disk/holdfast');
  const schedule =
    options.schedule ??
    (await ask?.('When to back up (minute hour day month weekday)', SCHEDULE_DEFAULT)) ??
    SCHEDULE_DEFAULT;
  return { country: checkedCountry(country), secondLocation, schedule };
}

async function askWhat(ask: Asker | undefined, options: InitOptions) {
  const postgresql =
    options.postgresql ?? (await ask?.('PostgreSQL to back up, as postgres://user@host:5432 (empty: none)', ''));
  const hasPostgresql = postgresql !== undefined && postgresql !== '';
  const credentialRef = hasPostgresql
    ? (options.credentialRef ??
      (await ask?.('Where its password is read: env:NAME or file:/path (empty: no password)', '')))
    : undefined;
  const files = options.files ?? splitList(await ask?.('Directory to back up (empty: none)', ''));
  return {
    postgresql: hasPostgresql ? checkedUrl(postgresql) : undefined,
    credentialRef: credentialRef === '' ? undefined : credentialRef,
    files,
  };
}

type Asker = ((question: string, fallback: string) => Promise<string>) & { close(): void };

function asker(): Asker {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const ask = async (question: string, fallback: string): Promise<string> => {
    const answer = (await prompt.question(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `)).trim();
    return answer === '' ? fallback : answer;
  };
  return Object.assign(ask, { close: () => prompt.close() });
}

function missing(option: string, example: string): never {
  throw usageFailure(`${option} is needed when nobody can be asked`, `For example: ${option} ${example}`);
}

const splitList = (answer: string | undefined): readonly string[] =>
  answer === undefined || answer === '' ? [] : [answer];

function checkedCountry(country: string): string {
  const upper = country.toUpperCase();
  if (/^[A-Z]{2}$/.test(upper)) return upper;
  throw usageFailure(`'${country}' is no country code`, 'Use two letters of ISO 3166, for example RU.');
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw usageFailure('the PostgreSQL address is no URL', 'Write it as postgres://user@host:5432.');
  if (url.password !== '')
    throw usageFailure(
      'the PostgreSQL address carries a password',
      'Leave it out; put it into a 0600 file and name that by --credential-ref file:/path.',
    );
  return text;
}

/** A plain scalar only where nothing in it can mean something in YAML; JSON's quotes are YAML's too. */
const quoted = (text: string): string =>
  /^[/.]?[A-Z][\w./-]*$|^[/.][\w./-]+$/i.test(text) && !/^(true|false|null)$/i.test(text) ? text : JSON.stringify(text);

/** A commented file: it is the record, and its owner will read it long after this command. */
export function configurationText(answers: InitAnswers, directory: string): string {
  const stores = [...postgresqlStore(answers), ...filesStore(answers, directory)];
  return [
    '# Holdfast: what is backed up, where to, how often, how long. Check it: holdfast policy validate',
    'version: 1',
    `timezone: ${quoted(answers.timeZone)}   # of every time below`,
    '',
    'platform:',
    `  country: ${answers.country}`,
    '',
    '# Two locations that cannot be lost together: the second on another disk or machine.',
    'locations:',
    `  primary: { kind: directory, path: ./backups/primary, country: ${answers.country}, failureDomain: this-machine }`,
    `  second:  { kind: directory, path: ${quoted(answers.secondLocation)}, country: ${answers.country}, failureDomain: second-place }`,
    '',
    '# Service levels; a daily run and two hours to make it. Tighten them when you back up more often.',
    'classes:',
    '  medium: { rpo: 26h, rto: 4h, copies: [primary, second], keep: { daily: 7d, weekly: 4w, monthly: 12mo } }',
    '',
    'services:',
    '  main:',
    '    owner: operator',
    '    class: medium',
    '    data: system_data        # user_data and payment_data bring the rules for personal data into force',
    stores.length === 0 ? '    stores: {}' : '    stores:',
    ...stores,
    '',
  ].join('\n');
}

function postgresqlStore({ postgresql, credentialRef, schedule }: InitAnswers): readonly string[] {
  if (postgresql === undefined) return [];
  return [
    '      postgresql:',
    '        engine: postgresql',
    `        full: ${JSON.stringify(schedule)}`,
    '        source:',
    `          url: ${quoted(postgresql)}`,
    ...(credentialRef === undefined ? [] : [`          credentialRef: ${quoted(credentialRef)}`]),
  ];
}

function filesStore({ files, schedule }: InitAnswers, directory: string): readonly string[] {
  if (files.length === 0) return [];
  return [
    '      files:',
    '        engine: files',
    `        full: ${JSON.stringify(schedule)}`,
    '        source:',
    `          paths: [${files.map((file) => quoted(path.resolve(directory, file))).join(', ')}]`,
  ];
}
