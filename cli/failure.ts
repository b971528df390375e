// How a command fails: message, hint and exit code for people, the API's error document for machines.

import { ERROR_TABLE, asHoldfastError } from '../lib/domain/errors.ts';
import type { ErrorItem } from '../lib/app/http/errors.ts';
import type { Language, Terminal } from './terminal.ts';

/** A failure that is already in the form in which it is told. */
export class CliFailure extends Error {
  readonly items: readonly ErrorItem[];
  readonly hint: string;
  readonly exitCode: number;

  constructor(items: readonly ErrorItem[], hint: string, exitCode: number) {
    super(items.map((item) => item.detail).join('; '));
    this.items = items;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  partly: 3,
  missed: 4,
  refused: 5,
  unreachable: 7,
  interrupted: 130,
} as const;

const ROWS = Object.values(ERROR_TABLE);

/** The exit code and hint of a code of the API; an unknown code is a newer server's. */
export const rowOf = (code: string) => ROWS.find((row) => row.code === code);
export const exitOf = (code: string | undefined): number =>
  code === undefined ? EXIT.unexpected : (rowOf(code)?.exit ?? EXIT.unexpected);

export function usageFailure(detail: string, hint: string): CliFailure {
  return new CliFailure(
    [{ code: ERROR_TABLE.InvalidRequest.code, title: ERROR_TABLE.InvalidRequest.title.en, detail }],
    hint,
    EXIT.usage,
  );
}

/** Anything thrown as a failure; ours keep their row, everything else is unexpected. */
export function failureOf(error: unknown, language: Language): CliFailure {
  if (error instanceof CliFailure) return error;
  const known = asHoldfastError(error);
  const { code, title, hint, exit } = known.row;
  return new CliFailure([{ code, title: title[language], detail: known.message }], hint, exit);
}

export function tellFailure(terminal: Terminal, failure: CliFailure, isJson: boolean): void {
  if (isJson) terminal.print(JSON.stringify({ errors: failure.items }, null, 2));
  for (const { title, detail, source } of failure.items) {
    const place = source?.pointer ?? source?.parameter;
    terminal.tell(`${terminal.colour('red', 'error')}  ${title}`);
    terminal.tell(`       ${detail}${place === undefined || place === '' ? '' : `  [${place}]`}`);
  }
  if (failure.hint !== '') terminal.tell(`hint   ${failure.hint}`);
  terminal.tell(`exit   ${failure.exitCode}`);
}
