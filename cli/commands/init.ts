// holdfast init: asks a few questions and makes everything a first backup needs. Overwrites nothing; prints the recovery key once.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../failure.ts';
import { configurationText, initAnswers } from '../init-answers.ts';
import type { InitOptions } from '../init-answers.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { quoted } from '../session.ts';
import { wordsOf } from '../words.ts';

export function registerInit(parent: Command, run: Run): void {
  parent
    .command('init')
    .description('make a platform: configuration, locations, keys, token; prints the recovery key once')
    .option('--dir <dir>', 'directory of the new holdfast.yaml', '.')
    .option('--country <code>', 'country this machine stands in, for example RU')
    .option('--second-location <path>', 'another disk or a mounted share for the second copy')
    .option('--schedule <cron>', 'five fields: minute hour day month weekday')
    .option('--time-zone <zone>', 'IANA time zone of the schedules (default: this machine’s)')
    .option('--postgresql <url>', 'PostgreSQL to back up, for example postgres://user@host:5432')
    .option('--credential-ref <ref>', 'where its password is read: env:NAME or file:/path')
    .option('--files <dir...>', 'directories to back up')
    .option('--non-interactive', 'never ask; what is not given is taken by default')
    .action(run(init));
}

const CONFIG_NAME = 'holdfast.yaml';

async function init(session: Session, options: InitOptions): Promise<number> {
  const { initialisePlatform } = await import('../../lib/app/init.ts');
  const directory = path.resolve(options.dir);
  const configFile = options.dir === '.' ? path.resolve(session.config) : path.join(directory, CONFIG_NAME);
  // A file that exists is the owner's: only what is missing beside it is made.
  const text = existsSync(configFile)
    ? undefined
    : configurationText(await initAnswers(session, options), path.dirname(configFile));
  const { recoveryKey, files } = await initialisePlatform({ configFile, text });
  if (session.json) session.terminal.print(JSON.stringify({ configFile, files, recoveryKey }, null, 2));
  else show(session, { configFile, files, recoveryKey });
  return EXIT.ok;
}

interface Made {
  readonly configFile: string;
  readonly files: readonly string[];
  readonly recoveryKey: string | undefined;
}

function show({ terminal, lang }: Session, { configFile, files, recoveryKey }: Made): void {
  if (files.length === 0) terminal.print('everything is here already; nothing was changed');
  for (const file of files)
    terminal.print(`${terminal.colour('green', '✓')} ${path.relative(process.cwd(), file) || file}`);
  if (recoveryKey !== undefined) {
    const { title, lines } = KEY_TEXT[lang];
    terminal.print();
    terminal.print(terminal.colour('bold', title));
    terminal.print();
    terminal.print(`    ${recoveryKey}`);
    terminal.print();
    for (const line of lines) terminal.print(line);
  }
  const name = path.relative(process.cwd(), configFile) || configFile;
  const self = name === CONFIG_NAME ? 'holdfast' : `holdfast --config ${quoted(name)}`;
  terminal.tell();
  terminal.tell(`${wordsOf(lang).next} ${self} up   then, in another terminal: ${self} backup now --all --wait`);
}

const KEY_TEXT = {
  en: {
    title: 'The recovery key. It is shown this once and kept nowhere:',
    lines: [
      'Whoever holds it can read every backup without this machine; without it, a lost',
      'machine is a lost backup. Print it or write it down, and keep it off this machine.',
      'Test what you wrote: holdfast recovery-key --check',
    ],
  },
  ru: {
    title: 'Ключ восстановления. Он показан один раз и нигде не хранится:',
    lines: [
      'С ним любую копию можно прочитать без этой машины; без него потеря машины -',
      'это потеря копий. Распечатайте или запишите его и храните не на этой машине.',
      'Проверьте записанное: holdfast recovery-key --check',
    ],
  },
} as const;
