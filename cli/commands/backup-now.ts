// holdfast backup now: makes backups of the named stores, or of all of them, and with --wait says how they ended.

import { Option } from 'commander';
import type { Command } from 'commander';
import type { AcceptedView } from '../../lib/app/http/operations.ts';
import { backupOutcome, showBackups } from '../backup-report.ts';
import { EXIT, usageFailure } from '../failure.ts';
import { followOperations } from '../follow-operation.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import type { BackupStatusView } from '../../lib/app/http/routes/backup.ts';
import { wordsOf } from '../words.ts';

interface NowOptions {
  readonly all?: boolean;
  readonly type: string;
  readonly wait?: boolean;
}

export function registerBackupNow(parent: Command, run: Run): void {
  parent
    .command('now')
    .description('make backups now')
    .argument('[stores...]', 'names of stores')
    .option('--all', 'all stores')
    .addOption(
      new Option('--type <type>', 'kind of backup')
        .choices(['full', 'incremental', 'differential', 'snapshot'])
        .default('full'),
    )
    .option(
      '--wait',
      'wait for the end; the exit code tells how it ended (0 completed, 5 quarantined, 1 corrupted, else by the cause)',
    )
    .action(run(backupNow));
}

async function backupNow(session: Session, options: NowOptions, ...operands: string[]): Promise<number> {
  const stores = operands.flat();
  if (stores.length === 0 && options.all !== true)
    throw usageFailure('name at least one store, or say --all', `"${session.self} status" lists the stores.`);
  if (stores.length > 0 && options.all === true)
    throw usageFailure('name stores or say --all, not both', 'Drop one of the two.');
  const api = session.api();
  const accepted = await api.post<AcceptedView>(
    `/api/v1/backup/trigger/${options.type}`,
    options.all === true ? {} : { stores },
  );
  const { operations, refused = [] } = accepted;
  for (const { store, code, detail, hint } of refused)
    session.terminal.tell(`${session.terminal.colour('yellow', 'refused')}  ${store}  ${code}: ${detail}. ${hint}`);
  if (options.wait !== true) return tellAccepted(session, accepted);
  const ids = operations.map((operation) => operation.id);
  await followOperations(session, ids);
  const backups = await Promise.all(ids.map((id) => api.get<BackupStatusView>(`/api/v1/backup/status/${id}`)));
  if (session.json) session.terminal.print(JSON.stringify({ backups, refused }, null, 2));
  else showBackups(session, backups, api.now);
  const outcome = backupOutcome(backups);
  return refused.length > 0 && outcome === EXIT.ok ? EXIT.partly : outcome;
}

function tellAccepted(session: Session, accepted: AcceptedView): number {
  const { terminal, self, lang, json } = session;
  if (json) terminal.print(JSON.stringify(accepted, null, 2));
  else for (const { id, store } of accepted.operations) terminal.print(`${id}  ${store}`);
  const [first] = accepted.operations;
  if (first !== undefined) terminal.tell(`${wordsOf(lang).next} ${self} backup show ${first.id} --wait`);
  return accepted.refused === undefined ? EXIT.ok : EXIT.partly;
}
