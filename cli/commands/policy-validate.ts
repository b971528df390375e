// holdfast policy validate: every problem of a configuration at once, with line, caret and cure. Needs no running platform.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { HoldfastError } from '../../lib/domain/errors.ts';
import { EXIT } from '../failure.ts';
import type { Run } from '../program.ts';
import type { Session } from '../session.ts';
import { quoted } from '../session.ts';
import { wordsOf } from '../words.ts';

export function registerPolicyValidate(parent: Command, run: Run): void {
  parent
    .command('validate')
    .description('check a configuration: every problem at once, with line, caret and cure')
    .argument('[file]', 'another file than --config')
    .action(run(policyValidate));
}

async function policyValidate(session: Session, _options: unknown, given?: string): Promise<number> {
  const { checkConfiguration } = await import('../../lib/app/http/check-configuration.ts');
  const file = given ?? session.config;
  const check = checkConfiguration(textOf(file), path.resolve(file));
  if (session.json) session.terminal.print(JSON.stringify(check, null, 2));
  else show(session, file, check);
  return check.isValid ? EXIT.ok : EXIT.usage;
}

type Check = ReturnType<(typeof import('../../lib/app/http/check-configuration.ts'))['checkConfiguration']>;

function show({ terminal, lang, self }: Session, file: string, { isValid, problems, stores }: Check): void {
  for (const problem of problems) {
    const [head = '', ...excerpt] = problem.formatted.split('\n');
    terminal.print(head.replace(path.resolve(file), file));
    for (const line of excerpt) terminal.print(terminal.colour(problem.severity === 'error' ? 'red' : 'yellow', line));
    terminal.print();
  }
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  terminal.print(
    isValid
      ? `${terminal.colour('green', '✓')} ${file}: valid, ${wordsOf(lang).stores(stores)}, warnings: ${problems.length}`
      : `${terminal.colour('red', '✗')} ${file}: ${errors} errors`,
  );
  terminal.tell(
    `${wordsOf(lang).next} ${isValid ? `${self} policy explain <store>` : `edit ${quoted(file)}, then ${self} policy validate ${quoted(file)}`}`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HoldfastError('NotFound', `unable to read configuration '${file}'`, { file }, { cause: error });
  }
}
