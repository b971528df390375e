// Tests of loading holdfast.yaml: what is refused, where and with which cure.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { load, problemsOf, aFile, only } from '../../../test/fakes/configuration-kit.ts';
import type { Parts } from '../../../test/fakes/configuration-kit.ts';
import { formatProblem } from './problem.ts';

describe('a broken file', () => {
  test('errors of all passes - are told in one go, in the order of the lines', () => {
    const text = aFile({
      top: 'platfrom: {}',
      locations: `  primary: { kind: directory, path: ./primary, country: Russia }
  second: { kind: directory, path: ./second, country: RU, failureDomain: two }`,
      classes: '{ copies: [primary, secnd], rpo: 5min }',
      engines: '{ full: "0 2 ? * 1 *" }',
      stores: `      payment-db: { engine: postgresql, retension: { daily: 7 } }
      other-db: { engine: postgres, source: { password: hunter2 } }
      payment-db2: { engine: postgreqsl }`,
    });

    expect(problemsOf(text).map(({ line, name, message }) => `${line} ${name} ${message}`)).toEqual([
      '3 InvalidConfiguration unknown key "platfrom"',
      '5 InvalidConfiguration expected a country code of two capital letters such as RU, not "Russia"',
      '8 InvalidConfiguration unknown location "secnd"',
      '8 InvalidConfiguration expected a duration such as 90s, 15m, 4h or 1d, not "5min"',
      '10 InvalidCron six fields are the form of AWS and Yandex (year last, Sunday is 1), five are expected',
      '17 InvalidConfiguration unknown key "retension"',
      '18 SecretInConfiguration a secret stands in the file: a literal value of "password"',
      '19 InvalidConfiguration unknown engine "postgreqsl"',
    ]);
  });

  test('unknown key - line, column, source line, caret, path and cure', () => {
    const [problem] = problemsOf(
      aFile({ stores: '      payment-db:\n        engine: postgresql\n        retension: { daily: 7 }' }),
    );

    expect(formatProblem(problem!)).toBe(
      [
        '/etc/holdfast/holdfast.yaml:19:9  error  unknown key "retension" (did you mean "keep"?)  services.payment.stores.payment-db.retension',
        '        retension: { daily: 7 }',
        '        ^^^^^^^^^',
      ].join('\n'),
    );
  });

  test.each<[string, Parts, Record<string, unknown>]>([
    [
      'unknown zone',
      { store: ', timezone: Europe/Moskow' },
      { message: 'unknown time zone "Europe/Moskow"', cure: 'did you mean "Europe/Moscow"?' },
    ],
    [
      'offset as zone',
      { store: ', timezone: "+03:00"' },
      { message: 'unknown time zone "+03:00"', cure: 'use an IANA name such as Europe/Moscow' },
    ],
    [
      'AWS cron',
      { store: ', full: "cron(0 2 * * ? *)"' },
      { message: 'this is the form of AWS and Yandex', cure: 'write "0 2 * * *"' },
    ],
    [
      'nickname',
      { store: ', full: "@daily"' },
      { message: '"@daily" is a nickname, five fields are expected', cure: 'write "0 0 * * *"' },
    ],
    [
      'interval that does not divide a day',
      { store: ', full: every 7h' },
      { message: expect.stringContaining('does not divide a day evenly') },
    ],
    [
      'schedule that never comes',
      { store: ', full: "0 0 31 2 *"' },
      { message: '"0 0 31 2 *" never comes', cure: 'check day and month' },
    ],
    [
      'cron and every at once',
      { store: ', full: { cron: "0 2 * * *", every: 4h }' },
      { message: 'a schedule has either "cron" or "every"' },
    ],
    [
      'unknown key in a schedule',
      { store: ', full: { corn: "0 2 * * *" }' },
      { message: 'unknown key "corn"', cure: 'did you mean "cron"?' },
    ],
    [
      'backup type that the method cannot make',
      { store: ', incremental: every 4h' },
      { message: 'method "physical" of postgresql makes no incremental backups' },
    ],
    [
      'unknown method',
      { store: ', method: phisical' },
      { message: 'unknown method "phisical" of postgresql', cure: 'did you mean "physical"?' },
    ],
    [
      'setting that the engine refuses',
      { store: ', source: { host: db, port: 0 }' },
      { message: 'unable to use port 0', path: 'services.payment.stores.payment-db.source.port' },
    ],
    [
      'number where a period is meant',
      { store: ', keep: { daily: 30 }' },
      { message: 'expected a period such as 30d, 4w, 3mo, 1y, or none, not 30' },
    ],
    [
      'a period of nothing (trap 34)',
      { store: ', keep: { daily: 0d }' },
      { message: 'expected a period such as 30d, 4w, 3mo, 1y, or none, not "0d"' },
    ],
    [
      'minutes where months are meant',
      { store: ', keep: { daily: 3m }' },
      { message: 'expected a period such as 30d, 4w, 3mo, 1y, or none, not "3m"' },
    ],
    [
      'capital letters in a unit',
      { store: ', rpo: 4H' },
      { message: 'expected a duration such as 90s, 15m, 4h or 1d, not "4H"' },
    ],
    [
      'all keep lines taken away',
      { store: ', keep: { daily: none }' },
      { message: 'nothing says how long backups are kept' },
    ],
    [
      'location named twice',
      { store: ', copies: [primary, primary]' },
      { message: 'location "primary" is named twice' },
    ],
    [
      'unknown data type',
      { store: ', data: personal' },
      { message: 'expected one of user_data, game_data, payment_data, system_data' },
    ],
    [
      'unknown pack',
      { top: 'rules: { packs: [ru-152fz] }' },
      { message: 'unknown rule pack "ru-152fz"', cure: 'did you mean "ru-152-fz"?' },
    ],
    [
      'webhook with two addresses',
      { top: 'platform: { notify: { webhook: { url: "https://x.example", urlRef: env:X } } }' },
      { message: 'a webhook has either "url" or "urlRef"' },
    ],
    [
      'location without its path',
      {
        locations:
          '  primary: { kind: directory, country: RU, failureDomain: one }\n  second: { kind: directory, path: ./s, country: RU, failureDomain: two }',
      },
      { message: '"path" is missing' },
    ],
    [
      'unknown location kind',
      {
        locations:
          '  primary: { kind: ftp, country: RU }\n  second: { kind: directory, path: ./s, country: RU, failureDomain: two }',
      },
      { message: 'expected one of directory, network, s3' },
    ],
    [
      'skipped store with other lines',
      { stores: '      x: { skip: "cache", engine: redis }' },
      { message: 'a skipped store has no other lines, this has engine' },
    ],
    [
      'name with capital letters',
      { stores: '      Payment: { engine: postgresql }' },
      { message: 'name "Payment" is not allowed' },
    ],
  ])('%s - refused with its place and cure', (_title, parts, expected) => {
    expect(only(aFile(parts))).toMatchObject(expected);
  });

  test('two copies in one failure domain - refused where the copies are named', () => {
    const locations = `  primary: { kind: directory, path: ./a, country: RU }
  second: { kind: directory, path: ./b, country: RU }`;

    expect(only(aFile({ locations }))).toMatchObject({
      message: 'copies "primary" and "second" lie in one failure domain "ru" and count as one',
      cure: 'name a location elsewhere, or give each its true failureDomain',
      line: 8,
      column: 15,
    });
  });

  test('no copies at any level - refused', () => {
    expect(only(aFile({ classes: '{}' })).message).toBe('"copies" is missing at every level');
  });

  test('store without engine, class and data - all three are asked for', () => {
    const text = aFile()
      .replace('    class: critical\n    data: payment_data\n', '')
      .replace('engine: postgresql', 'rpo: 1h');

    expect(problemsOf(text).map(({ message }) => message)).toEqual([
      '"engine" is missing',
      '"class" is missing',
      '"data" is missing',
    ]);
  });

  test('one name in two services - refused, naming the first line', () => {
    const text = `${aFile()}  other:
    owner: x
    class: critical
    data: game_data
    stores:
      payment-db: { engine: postgresql }
`;

    expect(only(text)).toMatchObject({ message: 'store "payment-db" exists already in line 17', line: 23 });
  });

  test('broken location - stores that name it are not blamed', () => {
    const locations = `  primary: { kind: directory, path: ./a, country: RU, failureDomian: one }
  second: { kind: directory, path: ./b, country: RU, failureDomain: two }`;

    expect(only(aFile({ locations }))).toMatchObject({
      message: 'unknown key "failureDomian"',
      cure: 'did you mean "failureDomain"?',
    });
  });

  test('one store broken - the settings of its neighbours are checked in the same run', () => {
    const stores = `      a: { engine: postgresql, kep: {} }
      b: { engine: postgresql, source: { port: 0 } }`;

    expect(problemsOf(aFile({ stores })).map(({ message }) => message)).toEqual([
      'unknown key "kep"',
      'unable to use port 0',
    ]);
  });

  test.each([
    ['text that is no YAML', 'version: [1', /^not valid YAML: /],
    ['one key twice', 'version: 1\nversion: 1\n', /^not valid YAML: map keys must be unique/],
    ['nothing at all', '', /object/],
    ['a list', '- 1', /object/],
    ['a list as key', '? [a]\n: 1', /^not valid YAML: /],
  ])('%s - refused', (_title, text, message) => {
    expect(problemsOf(text)[0]!.message).toMatch(message);
  });

  test('aliases that multiply without end - refused, not expanded', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((key, index) => {
        const previous = 'abcdefg'[index]!;
        return `${key}: &${key} [${Array.from({ length: 9 }, () => `*${previous}`).join(', ')}]`;
      }),
    ].join('\n');

    expect(problemsOf(bomb)[0]!.message).toMatch(/^unable to expand aliases/);
  });

  test('another version - refused by its number', () => {
    expect(only(aFile().replace('version: 1', 'version: 2')).message).toBe('this Holdfast reads version 1, not 2');
  });
});

test('any damage to a file - is told with its place, never thrown', () => {
  const lines = aFile().split('\n');
  const junk = fc.constantFrom(
    'null',
    '0',
    '[]',
    '{}',
    '""',
    '*a',
    '&a b',
    '- 1',
    '__proto__: 1',
    '? [a]: b',
    '\t',
    'none',
    '|',
    '<<: *x',
  );
  const edits = fc.array(fc.tuple(fc.nat(lines.length - 1), fc.constantFrom('drop', 'value', 'line', 'insert'), junk), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(edits, (drawn) => {
      const damaged = [...lines];
      for (const [at, kind, text] of drawn) {
        const line = damaged[at] ?? '';
        const indent = /^ */.exec(line)![0];
        if (kind === 'drop') damaged.splice(at, 1);
        else if (kind === 'insert') damaged.splice(at, 0, indent + text);
        else damaged[at] = kind === 'value' ? line.replace(/:.*$/, `: ${text}`) : indent + text;
      }

      const result = load(damaged.join('\n'));

      for (const problem of result.ok ? result.configuration.warnings : result.problems) {
        expect(formatProblem(problem)).not.toMatch(/undefined|\[object/);
        expect(problem.line).toBeGreaterThan(0);
      }
      if (!result.ok) expect(result.problems.some(({ severity }) => severity === 'error')).toBe(true);
    }),
    { numRuns: 500 },
  );
});
