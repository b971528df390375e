// What a person sees of the demonstration: one line per step, one line per store at the end.
import { styleText as style } from 'node:util';

type Format = Parameters<typeof style>[0];

export interface Screen {
  step(what: string, how: string): void;
  detail(text: string): void;
  /** Status changes of one backup or recovery, as they happen. */
  progress(name: string, status: string): void;
  summary(stores: readonly SummaryLine[], seconds: number, isAllEqual: boolean): void;
  kept(where: { readonly url: string; readonly configFile: string; readonly folder: string }): void;
  failed(error: unknown): void;
  /** Everything written so far, with its styles. */
  readonly text: () => string;
}

export interface SummaryLine {
  readonly name: string;
  readonly engine: string;
  readonly backups: number;
  readonly restored: boolean;
  readonly equal: boolean;
  readonly restoreSeconds: number;
  readonly oracle: string;
}

const WIDTH = 18;

/** Styled on a terminal and for the picture, plain in a pipe. */
const isStyled = process.stdout.isTTY || process.argv.includes('--picture');
const styleText = (format: Format, text: string): string =>
  isStyled ? style(format, text, { validateStream: false }) : text;

export function screen({ isQuiet }: { readonly isQuiet: boolean }): Screen {
  const lines: string[] = [];
  const write = (text: string): void => {
    lines.push(text);
    if (!isQuiet) process.stdout.write(`${text}\n`);
  };
  return {
    text: () => lines.join('\n'),
    step: (what, how) => write(`${styleText('bold', what.padEnd(WIDTH))} ${how}`),
    detail: (text) => write(`${' '.repeat(WIDTH)} ${text}`),
    progress: (name, status) => write(`${' '.repeat(WIDTH)} ${styleText('dim', `${name.padEnd(12)} ${status}`)}`),
    summary: (stores, seconds, isAllEqual) => {
      write('');
      for (const store of stores) write(summaryLine(store));
      write('');
      write(
        isAllEqual
          ? `Both stores came back equal, ${seconds} s in all.`
          : 'Not every store came back equal: see above.',
      );
      write(
        'Covered now: PostgreSQL 15 to 18 (physical, logical) and file trees; two copies, read back; compliance gate; audit chain.',
      );
      write(
        'Not yet: point in time, retention and deletion, other engines, clouds. The support table in README.md has it all.',
      );
      write('Look further: npm run demo -- --keep     docs/architecture.md     statemachines/README.md');
    },
    kept: ({ url, configFile, folder }) => {
      write('');
      write(`Still running at ${url}; Ctrl-C ends it. Everything lies in ${folder}.`);
      write(`  npx holdfast status --config ${configFile}`);
      write(`  npx holdfast backup list --config ${configFile}`);
    },
    failed: (error) =>
      void process.stderr.write(
        `${styleText('red', 'the demonstration failed')}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      ),
  };
}

function summaryLine({ name, engine, restored, equal, restoreSeconds, backups, oracle }: SummaryLine): string {
  const verdict =
    restored && equal
      ? styleText('green', '✓ restored, equal')
      : styleText('red', restored ? '✗ restored, NOT equal' : '✗ NOT restored');
  return `${verdict}   ${name.padEnd(12)} ${engine.padEnd(12)} ${backups} backups   restored in ${restoreSeconds.toFixed(1)} s   compared by ${oracle}`;
}
