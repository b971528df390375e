// Tests of loading holdfast.yaml: what is taken and what it means.
import { describe, expect, test } from '@jest/globals';

import { loaded, aFile } from '../../../test/fakes/configuration-kit.ts';
import { effectivePolicies } from './effective-policies.ts';

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
