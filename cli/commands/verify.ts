// holdfast verify: reads stored bytes back, or restores into a scratch place and compares.

import type { Command } from 'commander';
import type { CoverageView } from '../../lib/app/http/coverage.ts';
import type { AcceptedView } from '../../lib/app/http/operations.ts';
import type { ValidationAnswer } from '../../lib/app/http/views.ts';
import type { ApiClient } from '../api-client.ts';
import { EXIT, exitOf, usageFailure } from '../failure.ts';
import { followOperations } from '../follow-operation.ts';
import { bytesText, spanText } from '../formats.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { wordsOf } from '../words.ts';

interface VerifyOptions {
  readonly all?: boolean;
  readonly testRestore?: boolean;
  readonly wait: boolean;
}

export function registerVerify(parent: Command, run: Run): void {
  parent
    .command('verify')
    .description(
      'read back every stored byte of a backup; with --test-restore restore it into a scratch place and compare',
    )
    .argument('[backup]', 'id of a backup, or a store for its newest restorable one')
    .option('--all', 'every restorable backup')
    .option('--test-restore', 'restore into a scratch place and compare counts and hashes')
    .option('--no-wait', 'return at once')
    .action(run(verify));
}

async function verify(session: Session, options: VerifyOptions, name?: string): Promise<number> {
  const api = session.api();
  const accepted = await start(api, options, name);
  const ids = accepted.operations.map((operation) => operation.id);
  if (!options.wait) return tellStarted(session, accepted);
  await followOperations(session, ids);
  const validations = await Promise.all(ids.map((id) => api.get<ValidationAnswer>(`/api/v1/validation/status/${id}`)));
  if (session.json) session.terminal.print(JSON.stringify({ validations }, null, 2));
  else show(session, validations);
  return outcomeOf(validations);
}

async function start(api: ApiClient, options: VerifyOptions, name: string | undefined): Promise<AcceptedView> {
  if ((name === undefined) === (options.all !== true)) {
    throw usageFailure('name one backup or store, or say --all', '"holdfast backup list <store>" shows the backups.');
  }
  if (name === undefined) {
    if (options.testRestore === true)
      throw usageFailure('--all reads bytes back; a test restore is made of one backup', 'Name the backup.');
    return await api.post<AcceptedView>('/api/v1/validation/verify-all');
  }
  const kind = options.testRestore === true ? 'test-restore' : 'integrity';
  return await api.post<AcceptedView>(`/api/v1/validation/${kind}/${encodeURIComponent(await backupOf(api, name))}`);
}

/** Ids have an underscore and store names need none: a store is looked up first, so that its name always works. */
async function backupOf(api: ApiClient, name: string): Promise<string> {
  const { stores } = await api.get<CoverageView>('/api/v1/coverage');
  const store = stores.find((candidate) => candidate.store === name);
  if (store === undefined) return name;
  if (store.newestPoint !== undefined) return store.newestPoint.backupId;
  throw usageFailure(`'${name}' has no backup to verify`, `Make one: holdfast backup now ${name} --wait`);
}

const MARKS = { passed: '✓', failed: '✗', inconclusive: '?' } as const;
const COLOURS = { passed: 'green', failed: 'red', inconclusive: 'yellow' } as const;

function show({ terminal, lang, self }: Session, validations: readonly ValidationAnswer[]): void {
  for (const { backupId, store, result, cause } of validations) {
    if (result === undefined) {
      terminal.print(
        `${terminal.colour('red', '✗ not finished')}  ${store}  ${backupId}  ${cause?.code ?? ''}: ${cause?.detail ?? ''}`,
      );
      continue;
    }
    const took =
      result.restoreSeconds === undefined
        ? ''
        : `  ${wordsOf(lang).done.took} ${spanText(result.restoreSeconds, lang)}`;
    const mark = terminal.colour(COLOURS[result.verdict], `${MARKS[result.verdict]} ${result.verdict}`);
    terminal.print(`${mark}  ${store}  ${backupId}  ${bytesText(result.checkedBytes)} checked${took}`);
    if (result.detail !== '') terminal.print(`  ${result.detail}`);
  }
  if (validations.length === 0) terminal.print('nothing to verify: there is no restorable backup');
  const bad = validations.find((validation) => validation.result?.verdict !== 'passed');
  terminal.tell();
  terminal.tell(`${wordsOf(lang).next} ${bad === undefined ? `${self} status` : `${self} why ${bad.store}`}`);
}

/** A wrong byte is 1, a restore that differs is 4, what could not be decided is 3. */
function outcomeOf(validations: readonly ValidationAnswer[]): number {
  const codes = validations.map(({ kind, result, cause }) => {
    if (result === undefined) return cause === undefined ? EXIT.unexpected : exitOf(cause.code);
    if (result.verdict === 'passed') return EXIT.ok;
    if (result.verdict === 'inconclusive') return EXIT.partly;
    return kind === 'test-restore' ? EXIT.missed : EXIT.unexpected;
  });
  const bad = codes.filter((code) => code !== EXIT.ok);
  return bad.length === 0 ? EXIT.ok : Math.min(...bad);
}

function tellStarted({ terminal, json, self, lang }: Session, accepted: AcceptedView): number {
  if (json) terminal.print(JSON.stringify(accepted, null, 2));
  else for (const { id, store } of accepted.operations) terminal.print(`${id}  ${store}`);
  terminal.tell(`${wordsOf(lang).next} ${self} status`);
  return EXIT.ok;
}
