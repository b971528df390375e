// holdfast backup list: the backups of a store, newest first.

import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { BackupView } from '../../lib/app/http/views.ts';
import { EXIT } from '../failure.ts';
import { ageText, bytesText } from '../formats.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../table.ts';
import { wordsOf } from '../words.ts';

interface ListOptions {
  readonly limit: number;
  readonly after?: string;
  readonly restorable?: boolean;
}

interface Page {
  readonly items: readonly BackupView[];
  readonly next?: string;
}

const LIMIT_DEFAULT = 20;

export function registerBackupList(parent: Command, run: Run): void {
  parent
    .command('list')
    .description('backups of a store, newest first')
    .argument('<store>', 'name of the store')
    .option('--limit <count>', 'at most so many, 1 to 500', countOf, LIMIT_DEFAULT)
    .option('--after <cursor>', 'continue after the page before')
    .option('--restorable', 'only those one can restore from')
    .action(run(backupList));
}

export function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 500)
    throw new InvalidArgumentError('expected a number from 1 to 500');
  return count;
}

async function backupList(session: Session, { limit, after, restorable }: ListOptions, store = ''): Promise<number> {
  const api = session.api();
  const query = new URLSearchParams({
    limit: String(limit),
    ...(after !== undefined && { after }),
    ...(restorable === true && { store }),
  });
  const path =
    restorable === true ? '/api/v1/recovery/available-backups' : `/api/v1/stores/${encodeURIComponent(store)}/backups`;
  const page = await api.get<Page>(`${path}?${query.toString()}`);
  if (session.json) session.terminal.print(JSON.stringify(page, null, 2));
  else show(session, page, store, api.now);
  return EXIT.ok;
}

function show({ terminal, lang, self }: Session, page: Page, store: string, now: number): void {
  const { columns, next } = wordsOf(lang);
  if (page.items.length === 0) {
    terminal.tell(`no backups of '${store}' yet`);
    terminal.tell(`${next} ${self} backup now ${store} --wait`);
    return;
  }
  const rows = tableLines(
    page.items,
    [
      { title: columns.backup, cell: (row) => row.id },
      { title: columns.type, cell: (row) => row.type, rank: 3 },
      {
        title: columns.status,
        cell: (row) => row.status,
        paint: (row, text) => terminal.colour(colourOf(row.status), text),
      },
      { title: columns.when, cell: (row) => ageText(row.startTime ?? row.queuedAt, now, lang), align: 'right' },
      { title: columns.size, cell: (row) => bytesText(row.size), align: 'right', rank: 2 },
      { title: columns.stored, cell: (row) => bytesText(row.compressedSize), align: 'right', rank: 4 },
      {
        title: columns.copies,
        cell: (row) => String(row.copies.filter((copy) => copy.verifiedAt !== undefined).length),
        align: 'right',
        rank: 1,
      },
      { title: columns.note, cell: (row) => row.cause?.code ?? '', rank: 5 },
    ],
    terminal.columns,
  );
  for (const line of rows) terminal.print(line);
  terminal.print();
  const more = page.next === undefined ? '' : `   ${self} backup list ${store} --after ${page.next}`;
  const [first] = page.items;
  terminal.tell(`${next} ${self} backup show ${first?.id ?? ''}${more}`);
}

const colourOf = (status: string): 'green' | 'red' | 'cyan' | 'dim' =>
  ['completed', 'validated'].includes(status)
    ? 'green'
    : ['failed', 'quarantined', 'corrupted'].includes(status)
      ? 'red'
      : ['expired', 'deleting', 'deleted', 'aborted'].includes(status)
        ? 'dim'
        : 'cyan';
