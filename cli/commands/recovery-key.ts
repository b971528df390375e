// holdfast recovery-key: which recovery key the backups are sealed for, and whether a printed one fits.

import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { HoldfastError } from '../../lib/domain/errors.ts';
import { CliFailure, EXIT } from '../failure.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { factLines } from '../table.ts';
import { wordsOf } from '../words.ts';

export function registerRecoveryKey(parent: Command, run: Run): void {
  parent
    .command('recovery-key')
    .description(
      'which recovery key the backups are sealed for; the private half was printed once by init and is kept nowhere',
    )
    .option('--check', 'read a printed recovery key from standard input and say whether it fits')
    .action(run(recoveryKey));
}

async function recoveryKey(session: Session, { check }: { readonly check?: boolean }): Promise<number> {
  const { fitsRecoveryKey, recoveryKeyOf } = await import('../../lib/app/recovery-key.ts');
  const facts = recoveryKeyOf(session.config);
  if (check !== true) return show(session, facts);
  session.terminal.tell('type or pipe the printed key, then Ctrl-D:');
  // Never as an argument: it would stay in the history and be seen in the process list.
  const fits = await fitsRecoveryKey(session.config, (await text(process.stdin)).trim());
  if (!fits) {
    const { code, title, exit } = new HoldfastError('KeyUnwrapFailed', '').row;
    throw new CliFailure(
      [{ code, title: title[session.lang], detail: `this key does not belong to ${facts.keyId}` }],
      'Look for the paper or file that init told you to keep.',
      exit,
    );
  }
  session.terminal.print(
    session.json
      ? JSON.stringify({ ...facts, fits }, null, 2)
      : `${session.terminal.colour('green', '✓')} this key opens the backups of ${facts.keyId}`,
  );
  session.terminal.tell(`${wordsOf(session.lang).next} put it back to its place, away from this machine`);
  return EXIT.ok;
}

function show(
  { terminal, json, lang, self }: Session,
  facts: { readonly file: string; readonly keyId: string },
): number {
  if (json) terminal.print(JSON.stringify(facts, null, 2));
  else {
    const lines = factLines([
      ['key', facts.keyId],
      ['public half', facts.file],
      ['private half', 'printed once by init; kept nowhere on this machine'],
    ]);
    for (const line of lines) terminal.print(line);
  }
  terminal.tell(`${wordsOf(lang).next} ${self} recovery-key --check < the-file-with-the-printed-key`);
  return EXIT.ok;
}
