// holdfast status: are we safe? Every store with what a disaster would cost now; exit 4 when a goal is missed.

import type { Command } from 'commander';
import type { CoverageState, CoverageView, StoreStateView } from '../../lib/app/http/coverage.ts';
import { instantText } from '../../lib/app/http/spans.ts';
import { EXIT, usageFailure } from '../failure.ts';
import { ageText, spanText } from '../formats.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../table.ts';
import type { Column } from '../table.ts';
import { wordsOf } from '../words.ts';

export function registerStatus(parent: Command, run: Run): void {
  parent
    .command('status')
    .description(
      'are we safe? every store: state, age of the newest restorable point against its goal, copies, last test restore',
    )
    .argument('[store]', 'one store or service only')
    .action(run(status));
}

/** Worst first: that is what the reader came for. */
const ORDER: readonly CoverageState[] = ['unprotected', 'unknown', 'missed', 'at-risk', 'met', 'skipped'];
const BAD: readonly CoverageState[] = ['unprotected', 'unknown', 'missed'];
const MARKS: Readonly<Record<CoverageState, string>> = {
  met: '✓',
  'at-risk': '!',
  missed: '✗',
  unprotected: '∅',
  skipped: '-',
  unknown: '?',
};
const COLOURS = {
  met: 'green',
  'at-risk': 'yellow',
  missed: 'red',
  unprotected: 'red',
  skipped: 'dim',
  unknown: 'red',
} as const;

async function status(session: Session, _options: unknown, name?: string): Promise<number> {
  const { terminal } = session;
  const coverage = await session.api().get<CoverageView>('/api/v1/coverage');
  const stores = coverage.stores
    .filter((store) => name === undefined || name === store.store || name === store.service || name === nameOf(store))
    .toSorted(
      (left, right) =>
        ORDER.indexOf(left.state) - ORDER.indexOf(right.state) || compareText(nameOf(left), nameOf(right)),
    );
  if (name !== undefined && stores.length === 0) {
    throw usageFailure(
      `no store or service '${name}'`,
      `The stores are: ${coverage.stores.map((store) => store.store).join(', ')}.`,
    );
  }
  if (session.json) terminal.print(JSON.stringify(name === undefined ? coverage : { ...coverage, stores }, null, 2));
  else show(session, coverage, stores);
  return stores.some((store) => BAD.includes(store.state)) ? EXIT.missed : EXIT.ok;
}

function show(session: Session, coverage: CoverageView, stores: readonly StoreStateView[]): void {
  const { terminal, lang } = session;
  const zone = stores[0]?.timeZone ?? 'UTC';
  terminal.print(headline(session, stores));
  terminal.print(terminal.colour('dim', `${wordsOf(lang).asOf} ${instantText(coverage.asOf, zone, lang)}`));
  terminal.print();
  for (const line of tableLines(stores, columns(session, Date.parse(coverage.asOf)), terminal.columns))
    terminal.print(line);
  terminal.print();
  terminal.tell(`${wordsOf(lang).next} ${nextCommands(session, stores).join('   ')}`);
}

function headline({ terminal, lang }: Session, stores: readonly StoreStateView[]): string {
  const words = wordsOf(lang);
  const count = (state: CoverageState): number => stores.filter((store) => store.state === state).length;
  const rest = ORDER.filter((state) => state !== 'met' && count(state) > 0).map((state) =>
    terminal.colour(COLOURS[state], `${count(state)} ${words.states[state]}`),
  );
  return [terminal.colour('bold', words.met(count('met'), stores.length - count('skipped'))), ...rest].join(' · ');
}

function columns({ terminal, lang }: Session, now: number): readonly Column<StoreStateView>[] {
  const { columns: titles, states, never } = wordsOf(lang);
  return [
    { title: titles.store, cell: nameOf },
    { title: titles.engine, cell: (row) => row.engine, rank: 3 },
    {
      title: titles.state,
      cell: (row) => `${MARKS[row.state]} ${states[row.state]}`,
      paint: (row, text) => terminal.colour(COLOURS[row.state], text),
    },
    { title: titles.rpo, cell: (row) => rpoText(row, lang), align: 'right' },
    {
      title: titles.restorable,
      cell: (row) =>
        row.skipReason ?? (row.newestPoint === undefined ? never : instantText(row.newestPoint.at, row.timeZone, lang)),
      rank: 2,
    },
    {
      title: titles.copies,
      cell: (row) => (row.state === 'skipped' ? '—' : `${row.copies.found}/${row.copies.demanded}`),
      align: 'right',
      rank: 1,
    },
    { title: titles.tested, cell: (row) => testedText(row, now, lang), align: 'right', rank: 4 },
  ];
}

function rpoText({ rpo, state }: StoreStateView, lang: Session['lang']): string {
  if (state === 'skipped') return '—';
  const goal = spanText(rpo.goalSeconds, lang);
  return `${rpo.nowSeconds === undefined ? '—' : spanText(rpo.nowSeconds, lang)} / ${goal}`;
}

function testedText({ lastTestRestore }: StoreStateView, now: number, lang: Session['lang']): string {
  if (lastTestRestore === undefined) return wordsOf(lang).never;
  const mark = { passed: '✓', failed: '✗', inconclusive: '?' }[lastTestRestore.verdict];
  return `${mark} ${ageText(lastTestRestore.at, now, lang)}`;
}

/** Complete commands for the worst stores, or the proof that is missing. */
function nextCommands({ self }: Session, stores: readonly StoreStateView[]): readonly string[] {
  const troubled = stores.filter((store) => BAD.includes(store.state) || store.state === 'at-risk');
  const never = troubled.find((store) => store.reasons.includes('never-backed-up'));
  const other = troubled.find((store) => store !== never);
  const commands = [
    ...(never === undefined ? [] : [`${self} backup now ${never.store} --wait`]),
    ...(other === undefined ? [] : [`${self} why ${other.store}`]),
  ];
  const unproven = stores.find((store) => store.state === 'met' && store.lastTestRestore === undefined);
  if (commands.length === 0 && unproven !== undefined) return [`${self} verify ${unproven.store} --test-restore`];
  const [first] = stores;
  return commands.length > 0 || first === undefined ? commands : [`${self} backup list ${first.store}`];
}

const nameOf = ({ service, store }: StoreStateView): string => `${service}/${store}`;
const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
