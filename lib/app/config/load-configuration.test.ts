// Tests of loading holdfast.yaml: what is refused, where and with which cure; what is taken and what it means.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { HoldfastError } from '../../domain/errors.ts';
import type { ConfigurableEngine, Configuration } from './configuration.ts';
import { effectivePolicies } from './effective-policies.ts';
import { loadConfiguration } from './load-configuration.ts';
import { formatProblem } from './problem.ts';
import type { Problem } from './problem.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');

/** An engine that takes any settings but a wrong port. */
const postgresql: ConfigurableEngine = {
  name: 'postgresql',
  aliases: ['postgres', 'pg_dump'],
  methods: [{ method: 'physical', backupTypes: ['full'], hasLogArchive: true }],
  parseSettings(_method, settings) {
    if (settings['port'] === 0) {
      throw new HoldfastError('InvalidConfiguration', 'unable to use port 0', { path: 'port' });
    }
    return { port: 5432, ...settings };
  },
};

const load = (text: string) =>
  loadConfiguration({ text, file: '/etc/holdfast/holdfast.yaml', engines: { built: [postgresql] }, now: NOW });

function loaded(text: string): Configuration {
  const result = load(text);
  if (!result.ok) throw new Error(result.problems.map((problem) => formatProblem(problem)).join('\n'));
  return result.configuration;
}

function problemsOf(text: string): readonly Problem[] {
  const result = load(text);
  if (result.ok) throw new Error('was taken');
  return result.problems;
}

interface Parts {
  readonly top?: string;
  readonly locations?: string;
  readonly classes?: string;
  readonly engines?: string;
  readonly store?: string;
  readonly stores?: string;
}

/** A sound file in which one part is replaced. */
function aFile({ top = '', locations, classes, engines, store = '', stores }: Parts = {}): string {
  return `version: 1
timezone: Europe/Moscow
${top}
locations:
${
  locations ??
  `  primary: { kind: directory, path: ./primary, country: RU, failureDomain: one }
  second: { kind: directory, path: /mnt/second, country: RU, failureDomain: two, lock: 35d, keyFile: keys/second }`
}
classes:
  critical: ${classes ?? '{ copies: [primary, second] }'}
engines:
  postgresql: ${engines ?? '{ full: "0 2 * * *", rpo: 24h }'}
services:
  payment:
    owner: team-payments
    class: critical
    data: payment_data
    stores:
${stores ?? `      payment-db: { engine: postgresql${store} }`}
`;
}

const only = (text: string): Pick<Problem, 'message' | 'cure' | 'path' | 'line' | 'column'> => {
  const problems = problemsOf(text);
  expect(problems.map(({ message }) => message)).toHaveLength(1);
  return problems[0]!;
};

describe('a sound file', () => {
  test('all levels - store beats engine beats class beats the built-in default', () => {
    const { stores } = loaded(
      aFile({
        classes: '{ copies: [primary, second], rpo: 2h, rto: 3h, drill: monthly, keep: { daily: 10d, weekly: 4w } }',
        engines: '{ full: "0 2 * * *", rpo: 24h, rto: 5h, keep: { daily: 20d } }',
        store: ', rto: 7h, keep: { weekly: none, yearly: 7y }',
      }),
    );

    expect(stores[0]).toMatchObject({
      store: 'payment-db',
      service: 'payment',
      owner: 'team-payments',
      engine: 'postgresql',
      method: 'physical',
      serviceLevel: 'critical',
      dataType: 'payment_data',
      rpoSeconds: 86_400,
      rtoSeconds: 7 * 3600,
      keep: { daily: 'P20D', yearly: 'P7Y' },
      drill: 'monthly',
      verifyWithinDays: 30,
      compression: { algorithm: 'zstd', level: 3 },
      schedules: [{ id: 'full', cron: '0 2 * * *', timeZone: 'Europe/Moscow', type: 'full' }],
      copies: [
        { role: 'primary', location: 'primary' },
        { role: 'secondary', location: 'second' },
      ],
      source: { port: 5432 },
    });
    expect(stores[0]!.keep).not.toHaveProperty('weekly');
  });

  test('every value - knows the line that defined it', () => {
    const [store] = loaded(aFile({ classes: '{ copies: [primary, second], rto: 3h }', store: ', rpo: 1d' })).stores;

    expect(store!.origins).toEqual(
      expect.arrayContaining([
        { key: 'rpo', value: '1d', level: 'store', line: 17, column: 41 },
        { key: 'rto', value: '3h', level: 'class', line: 8, column: 42 },
        { key: 'full', value: '0 2 * * *', level: 'engine', line: 10, column: 17 },
        { key: 'class', value: 'critical', level: 'service', line: 14, column: 5 },
        { key: 'timezone', value: 'Europe/Moscow', level: 'platform', line: 2, column: 1 },
        { key: 'verifyWithin', value: '30d', level: 'default', line: undefined, column: undefined },
      ]),
    );
  });

  test('relative paths - are relative to the file, wherever the platform is started', () => {
    const { locations, stores } = loaded(
      aFile({ store: ', source: { credentialRef: "file:secrets/pg", socket: ./run, name: run }' }),
    );

    expect(locations).toEqual([
      {
        name: 'primary',
        kind: 'directory',
        country: 'RU',
        region: 'ru',
        dataCenter: 'ru',
        failureDomain: 'one',
        settings: { path: '/etc/holdfast/primary' },
      },
      {
        name: 'second',
        kind: 'directory',
        country: 'RU',
        region: 'ru',
        dataCenter: 'ru',
        failureDomain: 'two',
        settings: { path: '/mnt/second', keyFile: '/etc/holdfast/keys/second' },
        lockPeriod: 'P35D',
      },
    ]);
    expect(stores[0]!.source).toMatchObject({
      credentialRef: 'file:/etc/holdfast/secrets/pg',
      socket: '/etc/holdfast/run',
      name: 'run',
    });
  });

  test('no platform part - API on the local machine only, limits by default', () => {
    expect(loaded(aFile())).toMatchObject({
      country: undefined,
      api: { host: '127.0.0.1', port: 7420 },
      limits: { concurrentBackups: 2, queueLength: 1000, workerMemoryBytes: 1024 ** 3, workerSeconds: 21_600 },
      notify: { webhook: undefined, email: undefined },
      warnings: [],
    });
  });

  test('platform part - limits as bytes and seconds, references resolved', () => {
    const top = `platform:
  country: RU
  api: { host: 0.0.0.0, port: 8080 }
  limits: { concurrentBackups: 5, queueLength: 10, workerMemory: 512MiB, workerTime: 15m }
  notify:
    webhook: { urlRef: env:HOOK }
    email: { host: mail.example, from: a@b.example, to: [c@d.example], credentialRef: "file:mail" }`;

    expect(loaded(aFile({ top }))).toMatchObject({
      country: 'RU',
      api: { host: '0.0.0.0', port: 8080 },
      limits: { concurrentBackups: 5, queueLength: 10, workerMemoryBytes: 512 * 1024 ** 2, workerSeconds: 900 },
      notify: {
        webhook: { url: undefined, urlRef: 'env:HOOK' },
        email: {
          host: 'mail.example',
          port: 587,
          from: 'a@b.example',
          to: ['c@d.example'],
          credentialRef: 'file:/etc/holdfast/mail',
        },
      },
    });
  });

  test('schedules - intervals, own zones, and none against an inherited line', () => {
    const stores = `      a: { engine: postgresql, full: every 4h }
      b: { engine: postgresql, full: { every: 6h, timezone: UTC } }
      c: { engine: postgresql, timezone: Europe/Berlin }
      d: { engine: postgresql, full: none }`;

    const schedules = loaded(aFile({ stores })).stores.map((store) =>
      store.schedules.map(({ cron, timeZone }) => `${cron} ${timeZone}`),
    );

    expect(schedules).toEqual([['0 */4 * * * Europe/Moscow'], ['0 */6 * * * UTC'], ['0 2 * * * Europe/Berlin'], []]);
  });

  test('skipped store - is kept with its reason, and asking for it says why', () => {
    const stores = `      payment-db: { engine: postgresql }
      cache: { skip: "rebuilt in a minute" }`;
    const configuration = loaded(aFile({ stores }));

    expect(configuration.skipped).toEqual([
      { store: 'cache', service: 'payment', owner: 'team-payments', reason: 'rebuilt in a minute' },
    ]);
    const policies = effectivePolicies(configuration);
    expect(() => policies.store('cache')).toThrow("unable to use store 'cache': it is skipped (rebuilt in a minute)");
    expect(() => policies.store('payment-bd')).toThrow("unable to find store 'payment-bd': did you mean 'payment-db'?");
    expect(policies.stores().map(({ store }) => store)).toEqual(['payment-db']);
  });

  test('engine by an alias - is the engine', () => {
    expect(loaded(aFile({ stores: '      x: { engine: pg_dump }' })).stores[0]!.engine).toBe('postgresql');
  });

  test('engine that is not built yet - taken, with one warning for all its stores', () => {
    const stores = `      a: { engine: redis, full: "0 3 * * *", rpo: 1d, source: { anything: [1] } }
      b: { engine: redis, full: "0 3 * * *", rpo: 1d }`;
    const configuration = loaded(aFile({ stores }));

    expect(configuration.stores.map(({ isBuilt, method }) => ({ isBuilt, method }))).toEqual([
      { isBuilt: false, method: 'replication' },
      { isBuilt: false, method: 'replication' },
    ]);
    expect(configuration.warnings).toMatchObject([
      {
        severity: 'warning',
        name: 'CapabilityUnsupported',
        message: 'engine "redis" is not built yet: runs of a, b answer CapabilityUnsupported',
      },
    ]);
  });

  test('method that is planned only - taken, with a warning', () => {
    const { stores, warnings } = loaded(aFile({ store: ', method: logical' }));

    expect(stores[0]).toMatchObject({ method: 'logical', isBuilt: false });
    expect(warnings[0]!.message).toContain('method "logical" of postgresql is not built yet');
  });

  test('location kind that is not built yet - taken, with a warning', () => {
    const locations = `  primary: { kind: s3, bucket: b, country: RU, failureDomain: one }
  second: { kind: network, path: ./n, country: RU, failureDomain: two }`;

    expect(loaded(aFile({ locations })).warnings.map(({ message }) => message)).toEqual([
      'locations of kind "s3" are not built yet: what uses primary answers CapabilityUnsupported',
      'locations of kind "network" are not built yet: what uses second answers CapabilityUnsupported',
    ]);
  });

  test('objective below the pause between backups, no log archived - a warning', () => {
    const { warnings } = loaded(aFile({ store: ', rpo: 15m' }));

    expect(warnings.map(({ message }) => message)).toEqual([
      'an rpo of 15m cannot be met: 1d pass between backups and no log is archived',
    ]);
    expect(loaded(aFile({ store: ', rpo: 15m, log: continuous' })).warnings).toEqual([]);
  });

  test('store without a schedule - a warning', () => {
    expect(loaded(aFile({ store: ', full: none' })).warnings[0]!.message).toBe(
      'store "payment-db" has no schedule: it is backed up only when somebody asks',
    );
  });

  test('aliases of YAML - lines can be shared', () => {
    const stores = `      a: &shared { engine: postgresql, keep: { daily: 5d } }
      b: *shared`;

    expect(loaded(aFile({ stores })).stores.map(({ keep }) => keep)).toEqual([{ daily: 'P5D' }, { daily: 'P5D' }]);
  });
});

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

describe('rules of a configuration', () => {
  const withRules = (own: string, packs = '', country = 'RU') =>
    aFile({ top: `platform: { country: ${country} }\nrules: { packs: [${packs}], own: [${own}] }` });

  test('packs and own rules - hold for the stores they mean, the baseline always', () => {
    const own =
      '{ id: near, kind: residency, allowed: [RU], classes: [low] }, { id: two, kind: copies, copies: 2, stores: [payment-db] }';
    const [store] = loaded(withRules(own, 'ru-152-fz')).stores;

    expect(store!.rules.map(({ id, basis }) => `${id} ${basis}`)).toEqual([
      'baseline-encryption policy',
      'baseline-copies policy',
      'baseline-verification-age policy',
      'baseline-retention-window policy',
      'baseline-recovery-recipient policy',
      'ru-152-fz-residency law',
      'ru-152-fz-key-location policy',
      'two policy',
    ]);
  });

  test('own rule - is policy with ISO periods, whatever it says', () => {
    const own =
      '{ id: long, kind: retention-window, min: 30d, max: 10y, from: 2026-01-01, source: contract 7, text: Kept ten years at most. }';
    const rule = loaded(withRules(own)).stores[0]!.rules.find(({ id }) => id === 'long');

    expect(rule).toMatchObject({
      basis: 'policy',
      source: 'contract 7',
      effectiveFrom: '2026-01-01',
      params: { min: 'P30D', max: 'P10Y' },
    });
  });

  test('verifyWithin of the store - is the age that the baseline checks', () => {
    const rule = loaded(aFile({ store: ', verifyWithin: 10d' })).stores[0]!.rules.find(
      ({ id }) => id === 'baseline-verification-age',
    );

    expect(rule!.params).toEqual({ days: 10 });
  });

  test.each([
    [
      'a parameter of another kind',
      '{ id: x, kind: copies, copies: 2, min: 30d }',
      '"min" means nothing for a copies rule',
    ],
    ['a parameter missing', '{ id: x, kind: residency }', 'a residency rule needs "allowed"'],
    ['a window without ends', '{ id: x, kind: retention-window }', 'a retention-window rule needs "min" or "max"'],
    [
      'a name of the baseline',
      '{ id: baseline-copies, kind: copies, copies: 1 }',
      'rule names that begin with "baseline-" are reserved',
    ],
    ['an unknown store', '{ id: x, kind: copies, copies: 1, stores: [payment-bd] }', 'unknown store "payment-bd"'],
    [
      'a keep line beyond the maximum',
      '{ id: x, kind: retention-window, max: 10d }',
      'keep.daily of P30D is longer than rule "x" allows',
    ],
  ])('%s - refused', (_title, own, message) => {
    expect(problemsOf(withRules(own))[0]!.message).toBe(message);
  });

  test('location abroad - refused where the copies are named', () => {
    const text = withRules('', 'ru-152-fz').replace('path: /mnt/second, country: RU', 'path: /mnt/second, country: DE');

    expect(only(text)).toMatchObject({
      message: 'location "second" lies in DE, rule "ru-152-fz-residency" allows RU',
      path: 'services.payment.stores.payment-db.copies',
      line: 9,
    });
  });

  test('residency without the country of the platform, or with another - refused, because every backup would fail', () => {
    const without = aFile({ top: 'rules: { packs: [ru-152-fz] }' });

    expect(only(without).message).toBe(
      'platform.country is missing: rule "ru-152-fz-residency" of store "payment-db" asks where bytes rest on their way',
    );
    expect(only(withRules('', 'ru-152-fz', 'KZ')).message).toBe(
      'the platform stands in KZ, rule "ru-152-fz-residency" of store "payment-db" allows RU',
    );
  });

  test('minimum of a law beyond an own maximum - refused, naming both', () => {
    const own = '{ id: privacy, kind: retention-window, max: 1y }';

    expect(problemsOf(withRules(own, 'ru-accounting'))[0]!.message).toBe(
      'the minimum of rule "ru-402-fz-retention" lies after the maximum of rule "privacy"',
    );
  });

  test('seven years by policy without a yearly line - refused; with it taken', () => {
    expect(only(withRules('', 'policy-7y'))).toMatchObject({
      message: 'rule "policy-7y-retention" needs keep.yearly',
      cure: 'at least P7Y',
    });
    expect(
      loaded(aFile({ top: 'rules: { packs: [policy-7y] }', store: ', keep: { yearly: 7y }' })).stores,
    ).toHaveLength(1);
  });
});
