// holdfast restore cancel: stops a restore; what it has written stays and is marked as incomplete by its engine.

import type { Command } from 'commander';
import type { RecoveryView } from '../../lib/app/http/views.ts';
import { EXIT } from '../failure.ts';
import type { Run } from '../program.ts';
import { showRecovery } from '../recovery-report.ts';
import type { Session } from '../session.ts';

export function registerRestoreCancel(parent: Command, run: Run): void {
  parent
    .command('cancel')
    .description('stop a restore; its target stays incomplete and must not be used')
    .argument('<recovery>', 'id of the restore')
    .action(run(restoreCancel));
}

async function restoreCancel(session: Session, _options: unknown, id = ''): Promise<number> {
  const api = session.api();
  await api.post(`/api/v1/recovery/cancel/${encodeURIComponent(id)}`);
  const recovery = await api.get<RecoveryView>(`/api/v1/recovery/status/${encodeURIComponent(id)}`);
  if (session.json) session.terminal.print(JSON.stringify(recovery, null, 2));
  else showRecovery(session, recovery, api.now);
  return EXIT.ok;
}
