// Tests when colours are used and what goes where.

import { describe, expect, test } from '@jest/globals';
import { createTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';

interface Made {
  readonly terminal: Terminal;
  readonly out: string[];
  readonly err: string[];
}

const make = (
  changes: { isTTY?: boolean; environment?: Record<string, string>; isColourWanted?: boolean; columns?: number } = {},
): Made => {
  const [out, err]: [string[], string[]] = [[], []];
  const stream = (sink: string[]) =>
    ({
      isTTY: changes.isTTY ?? true,
      columns: changes.columns ?? 100,
      write: (text: string) => sink.push(text),
    }) as unknown as NodeJS.WriteStream;
  const terminal = createTerminal({
    stdout: stream(out),
    stderr: stream(err),
    stdin: { isTTY: changes.isTTY ?? true },
    environment: changes.environment ?? {},
    isColourWanted: changes.isColourWanted ?? true,
  });
  return { terminal, out, err };
};

describe('colours', () => {
  test('on a terminal - used', () => {
    expect(make().terminal.colour('red', 'x')).toBe('\u001b[31mx\u001b[39m');
  });

  test.each([
    ['a pipe', { isTTY: false }],
    ['NO_COLOR', { environment: { NO_COLOR: '1' } }],
    ['--no-color', { isColourWanted: false }],
    ['a dumb terminal', { environment: { TERM: 'dumb' } }],
  ])('%s - not used', (_what, changes) => {
    expect(make(changes).terminal.colour('red', 'x')).toBe('x');
  });

  test('an empty NO_COLOR - is no wish', () => {
    expect(make({ environment: { NO_COLOR: '' } }).terminal.colour('red', 'x')).toContain('\u001b');
  });
});

describe('where it goes', () => {
  test('data - standard output; everything else - standard error', () => {
    const { terminal, out, err } = make();

    terminal.print('data');
    terminal.tell('hint');

    expect([out, err]).toEqual([['data\n'], ['hint\n']]);
  });

  test('a rewritten line - erased before anything else is written', () => {
    const { terminal, err } = make();

    terminal.rewrite('50 %');
    terminal.tell('done');

    expect(err.join('')).toBe('\r\u001b[2K50 %\r\u001b[2Kdone\n');
  });

  test('width - the terminal’s, never below 60, 100 for a pipe', () => {
    expect(make({ columns: 132 }).terminal.columns).toBe(132);
    expect(make({ columns: 20 }).terminal.columns).toBe(60);
    expect(make({ isTTY: false, columns: 20 }).terminal.columns).toBe(100);
  });
});
