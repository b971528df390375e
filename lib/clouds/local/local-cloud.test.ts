import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { LocationPolicy } from '../../domain/store-policy.ts';
import type { FlowRunner } from '../../ports/flow-runner.ts';
import { createKeyFile } from './key-provider.ts';
import type { LocalCloud } from './local-cloud.ts';
import { createLocalCloud, defaultKeyFile } from './local-cloud.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const location = (name: string, more: Partial<LocationPolicy> = {}): LocationPolicy => ({
  name,
  kind: 'directory',
  country: 'RU',
  region: 'north',
  dataCenter: 'first',
  failureDomain: name,
  settings: { path: join(home, name) },
  ...more,
});

const open = (locations: readonly LocationPolicy[]): LocalCloud =>
  createLocalCloud({
    home: join(home, 'platform'),
    locations,
    stagingCountry: 'RU',
    worker: { command: [process.execPath], env: {} },
    flows: () => ({}) as FlowRunner,
    environment: { PASSWORD: 'word' },
  });

describe('local cloud', () => {
  it('opened in a new home - its folders are there, and every port answers', async () => {
    const cloud = open([location('primary')]);
    await createKeyFile(defaultKeyFile(join(home, 'platform')), { country: 'RU' });

    expect(await readdir(join(home, 'platform'))).toEqual(
      expect.arrayContaining(['catalog.sqlite', 'keys', 'logs', 'staging']),
    );
    expect(await cloud.catalog.get({ partition: 'p', sort: 's' })).toBeUndefined();
    expect((await cloud.keysOf('primary').describe()).country).toBe('RU');
    expect((await cloud.secrets.read('env:PASSWORD')).reveal()).toBe('word');
    expect(await cloud.leases.acquire('lease', 'owner', 30)).toMatchObject({ owner: 'owner' });
    expect(cloud.location('primary').name).toBe('primary');
    await cloud.close();
    await cloud.close();
  });

  it('location that nobody configured - NotFound naming those there are', async () => {
    const cloud = open([location('primary'), location('second')]);

    expect(() => cloud.location('third')).toThrow('primary, second');
    expect(() => cloud.keysOf('third')).toThrow(expect.objectContaining({ name: 'NotFound' }));
    await cloud.close();
  });

  it('location with a key file of its own - used for that location only', async () => {
    const keyFile = join(home, 'second.json');
    await createKeyFile(keyFile, { country: 'DE' });
    await createKeyFile(defaultKeyFile(join(home, 'platform')), { country: 'RU' });
    const cloud = open([
      location('primary'),
      location('second', { settings: { path: join(home, 'second'), keyFile } }),
    ]);

    expect((await cloud.keysOf('second').describe()).country).toBe('DE');
    expect((await cloud.keysOf('primary').describe()).country).toBe('RU');
    await cloud.close();
  });

  it.each([
    ['of an unknown kind', { kind: 's3' }],
    ['without a path', { settings: {} }],
    ['with a misspelt setting', { settings: { path: '/x', keyfile: '/y' } }],
  ])('location %s - InvalidConfiguration', (_title, more) => {
    expect(() => open([location('primary', more)])).toThrow(expect.objectContaining({ name: 'InvalidConfiguration' }));
  });
});
