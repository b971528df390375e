// Where a command writes: data to standard output, everything else to standard error; colour only for a terminal that wants it.

import { styleText } from 'node:util';

export type Language = 'en' | 'ru';
type Colour = 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold';

export interface Terminal {
  /** Data: what a pipe gets. */
  print(text?: string): void;
  /** Anything that is no data: progress, hints, errors. */
  tell(text?: string): void;
  /** Rewrites one line of standard error; only on a terminal. */
  rewrite(text: string): void;
  colour(colour: Colour, text: string): string;
  readonly isInteractive: boolean;
  /** Standard error is a terminal: a line may be rewritten. */
  readonly canRewrite: boolean;
  readonly columns: number;
}

export interface TerminalOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isColourWanted: boolean;
}

const COLUMNS_DEFAULT = 100;
const COLUMNS_MIN = 60;
const ERASE_LINE = '\r\u001b[2K';

export function createTerminal({ stdout, stderr, stdin, environment, isColourWanted }: TerminalOptions): Terminal {
  const hasColour = isColourWanted && stdout.isTTY && !isSet(environment['NO_COLOR']) && environment['TERM'] !== 'dumb';
  let hasOpenLine = false;
  const closeLine = (): void => {
    if (hasOpenLine) stderr.write(ERASE_LINE);
    hasOpenLine = false;
  };
  return {
    print: (text = '') => {
      closeLine();
      stdout.write(`${text}\n`);
    },
    tell: (text = '') => {
      closeLine();
      stderr.write(`${text}\n`);
    },
    rewrite: (text) => {
      stderr.write(`${ERASE_LINE}${text}`);
      hasOpenLine = true;
    },
    colour: (colour, text) => (hasColour ? styleText(colour, text, { validateStream: false }) : text),
    isInteractive: stdin.isTTY === true && stderr.isTTY,
    canRewrite: stderr.isTTY && environment['TERM'] !== 'dumb',
    columns: Math.max(COLUMNS_MIN, stdout.isTTY ? stdout.columns : COLUMNS_DEFAULT),
  };
}

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';
