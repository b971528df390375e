// holdfast backup show: everything about one backup; with --wait, until it has ended.

import type { Command } from 'commander';
import type { BackupStatusView } from '../../lib/app/http/routes/backup.ts';
import { backupOutcome, showBackups } from '../backup-report.ts';
import { followOperations } from '../follow-operation.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';

export function registerBackupShow(parent: Command, run: Run): void {
  parent
    .command('show')
    .description('one backup: status, copies, checks, warnings, cause')
    .argument('<backup>', 'id of the backup')
    .option('--wait', 'wait for its end')
    .action(run(backupShow));
}

async function backupShow(session: Session, options: { readonly wait?: boolean }, id = ''): Promise<number> {
  const api = session.api();
  const path = `/api/v1/backup/status/${encodeURIComponent(id)}`;
  if (options.wait === true) {
    await api.get(path);
    await followOperations(session, [id]);
  }
  const backup = await api.get<BackupStatusView>(path);
  if (session.json) session.terminal.print(JSON.stringify(backup, null, 2));
  else showBackups(session, [backup], api.now);
  return backupOutcome([backup]);
}
