// holdfast why: what is wrong with a store, since when, what is still restorable, the cause with its proof, and the cure.

import type { Command } from 'commander';
import type { DiagnosisView } from '../../lib/app/http/diagnosis.ts';
import { EXIT } from '../failure.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { wordsOf } from '../words.ts';

export function registerWhy(parent: Command, run: Run): void {
  parent
    .command('why')
    .description('why a store is in its state: cause, since when, what is still restorable, proof, cure')
    .argument('<store>', 'name of the store')
    .action(run(why));
}

async function why(session: Session, _options: unknown, store = ''): Promise<number> {
  const diagnosis = await session.api().get<DiagnosisView>(`/api/v1/stores/${encodeURIComponent(store)}/diagnosis`);
  if (session.json) session.terminal.print(JSON.stringify(diagnosis, null, 2));
  else show(session, diagnosis);
  return EXIT.ok;
}

function show(
  { terminal, lang, self }: Session,
  { headline, since, restorable, cause, proof, fix, commands }: DiagnosisView,
): void {
  const { why: labels, next } = wordsOf(lang);
  const width = Math.max(...Object.values(labels).map((label) => label.length));
  const line = (label: string, text: string): void => {
    const room = terminal.columns - width - 2;
    wrapped(text, room).forEach((piece, index) =>
      terminal.print(`${(index === 0 ? label : '').padEnd(width)}  ${piece}`),
    );
  };
  terminal.print(terminal.colour('bold', headline));
  if (since !== undefined) line(labels.since, since);
  if (cause !== undefined) line(labels.cause, `${cause.code}: ${cause.title}: ${cause.detail}`);
  proof.forEach((text, index) => line(index === 0 ? labels.proof : '', text));
  line(labels.restorable, restorable);
  fix.forEach((text, index) => line(index === 0 ? labels.fix : '', text));
  if (commands.length === 0) return;
  terminal.print();
  terminal.tell(`${next} ${commands.map((command) => command.replace(/^holdfast/, self)).join('   ')}`);
}

/** Breaks at spaces, so that a terminal never breaks inside a word; one long word stays whole. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
