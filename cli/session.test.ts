// Tests what all commands share: language, configuration, when a person may be asked, and commands that can be copied.

import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { openSession, quoted } from './session.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const open = (
  arguments_: readonly string[],
  environment: Record<string, string> = {},
  isInteractive = true,
): Session => {
  const command = new Command()
    .option('--config <file>')
    .option('--json')
    .option('--lang <l>')
    .option('--no-color')
    .option('--no-input')
    .exitOverride();
  command.parse(arguments_, { from: 'user' });
  return openSession(command, { environment, terminal: () => ({ isInteractive }) as Terminal });
};

describe('openSession', () => {
  test.each([
    [[], {}, 'en'],
    [[], { LANG: 'ru_RU.UTF-8' }, 'ru'],
    [[], { LANG: 'ru_RU.UTF-8', LC_ALL: 'C' }, 'en'],
    [['--lang', 'en'], { LANG: 'ru_RU.UTF-8' }, 'en'],
  ] as const)('options %j, environment %j - language %s', (arguments_, environment, language) => {
    expect(open(arguments_, environment).lang).toBe(language);
  });

  test('the configuration - by option, then by HOLDFAST_CONFIG, then holdfast.yaml', () => {
    expect(open(['--config', 'a.yaml'], { HOLDFAST_CONFIG: 'b.yaml' }).config).toBe('a.yaml');
    expect(open([], { HOLDFAST_CONFIG: 'b.yaml' }).config).toBe('b.yaml');
    expect(open([]).config).toBe('holdfast.yaml');
  });

  test('commands in hints - complete: with --config when this one was called with it', () => {
    expect(open([]).self).toBe('holdfast');
    expect(open(['--config', '/srv/my backup/h.yaml']).self).toBe("holdfast --config '/srv/my backup/h.yaml'");
  });

  test.each([
    [[], true, true],
    [[], false, false],
    [['--no-input'], true, false],
    [['--json'], true, false],
  ] as const)('options %j on a terminal %p - may ask: %p', (arguments_, isInteractive, canAsk) => {
    expect(open(arguments_, {}, isInteractive).canAsk).toBe(canAsk);
  });
});

describe('quoted', () => {
  test.each([
    ['orders-db', 'orders-db'],
    ['/srv/a.yaml', '/srv/a.yaml'],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['$(rm x)', "'$(rm x)'"],
    ['', "''"],
  ])('%j - %s', (text, shell) => {
    expect(quoted(text)).toBe(shell);
  });
});
