// Tests that what init writes is a valid configuration, whatever was answered.

import { describe, expect, test } from '@jest/globals';
import { checkConfiguration } from '../lib/app/http/check-configuration.ts';
import { CliFailure } from './failure.ts';
import { configurationText, initAnswers } from './init-answers.ts';
import type { InitAnswers, InitOptions } from './init-answers.ts';
import type { Session } from './session.ts';

const answers: InitAnswers = {
  country: 'RU',
  timeZone: 'Europe/Moscow',
  secondLocation: '/mnt/second',
  schedule: '0 2 * * *',
  postgresql: undefined,
  credentialRef: undefined,
  files: [],
};
const silent = { canAsk: false } as unknown as Session;

describe('configurationText', () => {
  test.each([
    ['files', { files: ['/srv/data'] }, 1],
    ['a PostgreSQL', { postgresql: 'postgres://backup@db.example:5432', credentialRef: 'file:/etc/holdfast/db' }, 1],
    ['both', { files: ['/srv/data', '/srv/more'], postgresql: 'postgres://backup@localhost' }, 2],
    [
      'names that YAML could misread',
      { files: ['/srv/a: b #c', "/srv/it's"], secondLocation: '/mnt/{x}, [y]', timeZone: 'UTC' },
      1,
    ],
    ['another country and schedule', { files: ['/x'], country: 'KZ', schedule: '*/15 * * * 1-5' }, 1],
  ] as const)('%s - valid without a problem', (_what, changes, stores) => {
    const check = checkConfiguration(configurationText({ ...answers, ...changes }, '/srv'), '/srv/holdfast.yaml');

    expect(check.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(check).toMatchObject({ isValid: true, stores });
  });
});

describe('initAnswers', () => {
  const ask = (options: Partial<InitOptions>) => initAnswers(silent, { dir: '.', ...options });

  test('nobody can be asked - options and defaults', async () => {
    expect(await ask({ country: 'ru', secondLocation: '/mnt/b', files: ['/srv'] })).toMatchObject({
      country: 'RU',
      schedule: '0 2 * * *',
      files: ['/srv'],
      postgresql: undefined,
    });
  });

  test.each([
    [{ secondLocation: '/mnt/b' }, '--country'],
    [{ country: 'RU' }, '--second-location'],
    [{ country: 'Russia', secondLocation: '/b' }, 'country code'],
    [{ country: 'RU', secondLocation: '/b', postgresql: 'db:5432' }, 'no URL'],
    [{ country: 'RU', secondLocation: '/b', postgresql: 'postgres://u:hunter2@db' }, 'password'],
  ])('options %j - refused with exit 2', async (options, word) => {
    const failure = await ask(options).catch((error: unknown) => error as CliFailure);

    expect(failure).toBeInstanceOf(CliFailure);
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(word) });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });
});
