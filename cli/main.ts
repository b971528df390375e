// The command line's entry: runs one command and leaves with its exit code, after everything was written.

import { CommanderError } from 'commander';
import { holdfastVersion } from '../lib/app/project-files.ts';
import { EXIT } from './failure.ts';
import { buildProgram, exitOfCommander } from './program.ts';
import { createTerminal } from './terminal.ts';

const program = buildProgram({
  version: holdfastVersion,
  environment: process.env,
  terminal: (isColourWanted) =>
    createTerminal({
      stdout: process.stdout,
      stderr: process.stderr,
      stdin: process.stdin,
      environment: process.env,
      isColourWanted,
    }),
  exitWith: (code) => {
    process.exitCode = code;
  },
});

// A pipe that was closed ("| head") is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync(process.argv);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = exitOfCommander(error);
}
