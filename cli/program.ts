// The command tree: shared options, every command, and the one way an action is run and its failure told.

import { Command, CommanderError, Option } from 'commander';
import { registerBackupList } from './commands/backup-list.ts';
import { registerBackupNow } from './commands/backup-now.ts';
import { registerBackupShow } from './commands/backup-show.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerInit } from './commands/init.ts';
import { registerPolicyExplain } from './commands/policy-explain.ts';
import { registerPolicyValidate } from './commands/policy-validate.ts';
import { registerRecoveryKey } from './commands/recovery-key.ts';
import { registerRestoreCancel } from './commands/restore-cancel.ts';
import { registerRestorePlan } from './commands/restore-plan.ts';
import { registerRestoreRun } from './commands/restore-run.ts';
import { registerRestoreStatus } from './commands/restore-status.ts';
import { registerStatus } from './commands/status.ts';
import { registerUp } from './commands/up.ts';
import { registerVerify } from './commands/verify.ts';
import { registerWhy } from './commands/why.ts';
import { EXIT, failureOf, tellFailure } from './failure.ts';
import { openSession } from './session.ts';
import type { Session, SessionParts } from './session.ts';

/** Returns the exit code. `options` are the command's own, `operands` its arguments. */
export type Action<O = Record<string, unknown>> = (
  session: Session,
  options: O,
  ...operands: string[]
) => Promise<number>;
export type Run = <O>(action: Action<O>) => (...parameters: unknown[]) => Promise<void>;

export interface ProgramParts extends SessionParts {
  readonly version: string;
  exitWith(code: number): void;
}

export function buildProgram(parts: ProgramParts): Command {
  const program = new Command('holdfast')
    .description('Backups that were read back, restores that were proven.')
    .version(parts.version, '--version', 'print the version')
    .addOption(
      new Option(
        '--config <file>',
        'configuration file; the API address and token are found beside it (default: holdfast.yaml)',
      ),
    )
    .addOption(
      new Option('--json', 'print one JSON document on standard output; its fields are stable, the text form is not'),
    )
    .addOption(new Option('--lang <language>', 'language of texts (default: by LANG)').choices(['en', 'ru']))
    .addOption(new Option('--no-color', 'no colours; NO_COLOR does the same'))
    .addOption(new Option('--no-input', 'never ask'))
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .helpCommand(true)
    .addHelpText('after', EXIT_CODES_TEXT);
  const run = runner(parts);
  registerInit(program, run);
  registerUp(program, run);
  registerDoctor(program, run);
  registerStatus(program, run);
  registerWhy(program, run);
  const backup = program.command('backup').description('make and look at backups');
  registerBackupNow(backup, run);
  registerBackupList(backup, run);
  registerBackupShow(backup, run);
  const restore = program
    .command('restore')
    .description('plan, confirm, run, proof: a restore goes to a new place unless the store name is typed');
  registerRestorePlan(restore, run);
  registerRestoreRun(restore, run);
  registerRestoreStatus(restore, run);
  registerRestoreCancel(restore, run);
  registerVerify(program, run);
  const policy = program.command('policy').description('check and explain holdfast.yaml');
  registerPolicyValidate(policy, run);
  registerPolicyExplain(policy, run);
  registerRecoveryKey(program, run);
  forEachCommand(program, (command) => command.exitOverride());
  return program;
}

/** What scripts rely on; docs/reference/exit-codes.md is the contract. */
const EXIT_CODES_TEXT = `
Exit codes: 0 done, 1 unexpected, 2 usage or policy, 3 partly done, 4 a goal is missed, 5 refused by a guard,
            6 not authenticated, 7 not reachable, 8 busy, 130 interrupted.
First steps: holdfast init, holdfast up, holdfast backup now --all --wait, holdfast status.`;

function runner(parts: ProgramParts): Run {
  return (action) =>
    async (...parameters) => {
      // Commander hands over the operands, the command's options and the command.
      const command = parameters.at(-1) as Command;
      const options = parameters.at(-2) as Parameters<typeof action>[1];
      const operands = parameters.slice(0, -2) as string[];
      const session = openSession(command, parts);
      try {
        parts.exitWith(await action(session, options, ...operands));
      } catch (error) {
        const failure = failureOf(error, session.lang);
        tellFailure(session.terminal, failure, session.json);
        parts.exitWith(failure.exitCode);
      }
    };
}

/** Exit code of what commander itself ends with: help and version are fine, everything else is usage. */
export const exitOfCommander = (error: CommanderError): number => (error.exitCode === 0 ? EXIT.ok : EXIT.usage);

export function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}
