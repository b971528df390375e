// holdfast restore status: one restore with its proof, or the newest ones.

import type { Command } from 'commander';
import type { RecoveryView } from '../../lib/app/http/views.ts';
import { EXIT } from '../failure.ts';
import { followOperations } from '../follow-operation.ts';
import { ageText } from '../formats.ts';
import type { Run } from '../program.ts';
import { recoveryOutcome, showRecovery } from '../recovery-report.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../table.ts';
import { wordsOf } from '../words.ts';

export function registerRestoreStatus(parent: Command, run: Run): void {
  parent
    .command('status')
    .description('a restore with its proof; without an id the newest restores')
    .argument('[recovery]', 'id of the restore')
    .option('--wait', 'wait for its end')
    .action(run(restoreStatus));
}

async function restoreStatus(session: Session, options: { readonly wait?: boolean }, id?: string): Promise<number> {
  if (id === undefined) return await listRestores(session);
  const api = session.api();
  const path = `/api/v1/recovery/status/${encodeURIComponent(id)}`;
  if (options.wait === true) {
    await api.get(path);
    await followOperations(session, [id]);
  }
  const recovery = await api.get<RecoveryView>(path);
  if (session.json) session.terminal.print(JSON.stringify(recovery, null, 2));
  else showRecovery(session, recovery, api.now);
  return recoveryOutcome(recovery);
}

async function listRestores({ terminal, json, lang, self, ...session }: Session): Promise<number> {
  const api = session.api();
  const { items } = await api.get<{ readonly items: readonly RecoveryView[] }>('/api/v1/recovery/requests?limit=20');
  if (json) {
    terminal.print(JSON.stringify({ items }, null, 2));
    return EXIT.ok;
  }
  const [first] = items;
  if (first === undefined) {
    terminal.tell('no restores yet');
    terminal.tell(`${wordsOf(lang).next} ${self} status`);
    return EXIT.ok;
  }
  const lines = tableLines(
    items,
    [
      { title: 'RESTORE', cell: (row) => row.id },
      { title: wordsOf(lang).columns.store, cell: (row) => row.store },
      { title: wordsOf(lang).columns.status, cell: (row) => row.status },
      { title: wordsOf(lang).columns.when, cell: (row) => ageText(row.requestedAt, api.now, lang), align: 'right' },
      { title: 'TARGET', cell: (row) => row.plan.target.kind, rank: 1 },
      { title: wordsOf(lang).columns.note, cell: (row) => row.cause?.code ?? '', rank: 2 },
    ],
    terminal.columns,
  );
  for (const line of lines) terminal.print(line);
  terminal.tell();
  terminal.tell(`${wordsOf(lang).next} ${self} restore status ${first.id}`);
  return EXIT.ok;
}
