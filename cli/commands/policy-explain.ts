// holdfast policy explain: every effective value of a store with the line that defined it, and its next runs.

import path from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../failure.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../table.ts';
import { wordsOf } from '../words.ts';

export function registerPolicyExplain(parent: Command, run: Run): void {
  parent
    .command('explain')
    .description('every effective value of a store and the line that defined it, its rules and its next runs')
    .argument('<store>', 'name of the store')
    .action(run(policyExplain));
}

async function policyExplain(session: Session, _options: unknown, store = ''): Promise<number> {
  const { explainPolicy } = await import('../../lib/app/http/explain-policy.ts');
  const explanation = explainPolicy(session.config, store);
  if (session.json) session.terminal.print(JSON.stringify(explanation, null, 2));
  else show(session, explanation);
  return EXIT.ok;
}

type Explanation = ReturnType<(typeof import('../../lib/app/http/explain-policy.ts'))['explainPolicy']>;

function show({ terminal, lang, self }: Session, explanation: Explanation): void {
  const file = path.basename(explanation.file);
  terminal.print(terminal.colour('bold', `${explanation.service}/${explanation.store}`));
  const values = tableLines(
    explanation.values,
    [
      { title: 'LINE', cell: (row) => row.key },
      { title: 'VALUE', cell: (row) => row.value },
      { title: 'FROM', cell: (row) => row.level },
      { title: 'WHERE', cell: (row) => (row.line === undefined ? 'built in' : `${file}:${row.line}`), rank: 1 },
    ],
    terminal.columns,
  );
  for (const line of values) terminal.print(line);
  terminal.print();
  for (const { id, basis, source } of explanation.rules) terminal.print(`  rule ${id} (${basis}): ${source}`);
  for (const { cron, runs } of explanation.nextRuns) {
    terminal.print(`  next runs of "${cron}"`);
    for (const { local, utc } of runs) terminal.print(`    ${local}   ${utc}`);
  }
  terminal.tell();
  terminal.tell(`${wordsOf(lang).next} ${self} status ${explanation.store}`);
}
