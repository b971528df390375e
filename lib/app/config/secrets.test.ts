// Tests that secrets in a configuration are refused and never repeated, and that what only looks like one is taken.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { loadConfiguration } from './load-configuration.ts';
import { formatProblem } from './problem.ts';
import { maskSecrets } from './secret-pattern.ts';

const fileWith = (source: string): string => `version: 1
timezone: UTC
locations: { primary: { kind: directory, path: ./a, country: RU } }
classes: { low: { copies: [primary], rpo: 1d } }
services:
  s:
    owner: o
    class: low
    data: game_data
    stores:
      db: { engine: redis, full: "0 2 * * *", source: { ${source} } }
`;

function printed(source: string): { readonly ok: boolean; readonly names: readonly string[]; readonly text: string } {
  const result = loadConfiguration({ text: fileWith(source), file: 'holdfast.yaml', engines: { built: [] }, now: 0 });
  const problems = result.ok ? [] : result.problems;
  return {
    ok: result.ok,
    names: problems.map(({ name }) => name),
    text: problems.map((problem) => formatProblem(problem)).join('\n'),
  };
}

describe('secrets in a configuration', () => {
  test.each([
    ['password', 'password: hunter2hunter2'],
    ['quoted password', 'password: "hunter2hunter2"'],
    ['token under a longer name', 'apiToken: hunter2hunter2'],
    ['secret with a hyphen', 'client-secret: hunter2hunter2'],
    ['access key', 'accessKey: hunter2hunter2'],
    ['password in a URL', 'url: "postgres://user:hunter2hunter2@db:5432/x"'],
    ['password in a connection string', 'dsn: "host=db password=hunter2hunter2 user=x"'],
    ['token in a query', 'url: "https://x.example/hook?token=hunter2hunter2"'],
    ['webhook that is a password', 'url: "https://hooks.slack.com/services/hunter2hunter2"'],
    ['nested in a list', 'nodes: [{ password: hunter2hunter2 }]'],
  ])('%s - refused without being repeated', (_title, source) => {
    const result = printed(source);

    expect(result.names).toEqual(['SecretInConfiguration']);
    expect(result.text).not.toContain('hunter2hunter2');
    expect(result.text).toContain('refer to it by credentialRef: env:NAME or file:path');
  });

  test.each([
    ['reference to the environment', 'credentialRef: env:PGPASSWORD'],
    ['reference to a file', 'credentialRef: "file:/run/secrets/pg"'],
    ['reference under a secret name', 'password: env:PGPASSWORD'],
    ['URL with a user only', 'url: "postgres://user@db:5432/x"'],
    ['path of a token file', 'tokenFile: /run/secrets/token, secretPath: a/b'],
    ['word that contains one', 'secretary: anna, tokens: 5, passwordless: yes'],
  ])('%s - taken', (_title, source) => {
    expect(printed(source)).toMatchObject({ ok: true });
  });

  test('secret beside another error - masked in the line that is shown for that error', () => {
    const result = loadConfiguration({
      text: fileWith('password: hunter2hunter2 }, keep: { dialy: 5d').replace(' } }\n', ' } }\n'),
      file: 'holdfast.yaml',
      engines: { built: [] },
      now: 0,
    });
    const text = result.ok ? '' : result.problems.map((problem) => formatProblem(problem)).join('\n');

    expect(text).toContain('unknown key "dialy"');
    expect(text).not.toContain('hunter2hunter2');
    const lines = text.split('\n');
    const shown = lines.findIndex((line) => line.includes('unknown key "dialy"')) + 1;
    expect(lines[shown]!.slice(lines[shown + 1]!.indexOf('^')).startsWith('dialy')).toBe(true);
  });

  test('syntax error in the line of a secret - masked too', () => {
    const result = loadConfiguration({
      text: 'a: { password: hunter2hunter2, b: [ }',
      file: 'x',
      engines: { built: [] },
      now: 0,
    });

    expect(result.ok ? '' : result.problems.map((problem) => formatProblem(problem)).join('\n')).not.toContain(
      'hunter2hunter2',
    );
  });

  test('any secret under a secret key - never survives the mask', () => {
    const secrets = fc.stringMatching(/^[A-Za-z0-9!$%^*_+./-]{6,20}$/);
    fc.assert(
      fc.property(
        fc.constantFrom('password', 'token', 'secret', 'api_key', 'privateKey'),
        secrets,
        fc.constantFrom('', '"', "'"),
        (key, secret, quote) => {
          const masked = maskSecrets(`  ${key}: ${quote}${secret}${quote}`);

          expect(masked).toBe(`  ${key}: ***`);
        },
      ),
    );
  });
});
